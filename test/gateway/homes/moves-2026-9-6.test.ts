import { describeMove } from "./moves.ts";

describeMove(["2026.5.28", "2026.7.1-2", "2026.9.6"], "on");
describeMove(["2026.5.28", "2026.7.1-2", "2026.9.6"], "off");
