import { describeMove } from "./moves.ts";

describeMove(["2026.4.14", "2026.5.28"], "on");
describeMove(["2026.4.14", "2026.5.28"], "off");
