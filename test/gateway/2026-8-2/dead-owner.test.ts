import { deadOwner } from "../with-receipts/dead-owner.ts";

deadOwner("2026.8.2");
