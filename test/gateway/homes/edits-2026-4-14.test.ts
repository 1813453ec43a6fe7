import { describeEdits } from "./edits.ts";

describeEdits("2026.4.14");
