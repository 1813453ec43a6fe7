import { describePlaces } from "./places.ts";

describePlaces({ version: "2026.7.1-2", ownStore: "in its settings" });
