import { describePlaces } from "./places.ts";

describePlaces({ version: "2026.9.6", ownStore: "in its database" });
