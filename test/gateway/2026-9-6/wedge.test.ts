import { wedge } from "../wedge.ts";

wedge("2026.9.6");
