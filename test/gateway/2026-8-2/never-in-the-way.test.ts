import { neverInTheWay } from "../with-receipts/never-in-the-way.ts";

neverInTheWay("2026.8.2");
