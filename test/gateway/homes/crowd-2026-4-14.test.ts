import { describeCrowd } from "./crowd.ts";

describeCrowd("2026.4.14");
