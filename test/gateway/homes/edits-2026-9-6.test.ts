import { describeEdits } from "./edits.ts";

describeEdits("2026.9.6");
