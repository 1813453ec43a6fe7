import { wedge } from "../wedge.ts";

wedge("2026.8.2");
