import { wedge } from "../with-receipts/wedge.ts";

wedge("2026.9.6");
