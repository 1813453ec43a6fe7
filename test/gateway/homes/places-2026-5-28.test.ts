import { describePlaces } from "./places.ts";

describePlaces({ version: "2026.5.28", ownStore: "in its settings" });
