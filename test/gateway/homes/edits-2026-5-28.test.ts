import { describeEdits } from "./edits.ts";

describeEdits("2026.5.28");
