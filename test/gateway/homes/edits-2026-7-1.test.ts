import { describeEdits } from "./edits.ts";

describeEdits("2026.7.1-2");
