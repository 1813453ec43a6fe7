import { describePlaces } from "./places.ts";

describePlaces({ version: "2026.4.14", ownStore: "in its settings" });
