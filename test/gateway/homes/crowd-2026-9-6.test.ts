import { describeCrowd } from "./crowd.ts";

describeCrowd("2026.9.6");
