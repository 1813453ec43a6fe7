/** Shows a stuck cron job come back on a real gateway. `npm run demo`, `npm run demo -- --gateway 2026.4.14`. */
import { parseArgs } from "node:util";
import { installed } from "../gateway/harness/install.ts";
import { demoOn2026_4_14 } from "./on-2026-4-14.ts";
import { demoOn2026_9_6 } from "./on-2026-9-6.ts";
import { Stage } from "./stage.ts";

const DEMOS = { "2026.9.6": demoOn2026_9_6, "2026.4.14": demoOn2026_4_14 } as const;

const { values } = parseArgs({ options: { gateway: { type: "string", default: "2026.9.6" } } });
const version = values.gateway;
if (version !== "2026.9.6" && version !== "2026.4.14") {
  process.stderr.write(`--gateway ${version}: there is a demo for ${Object.keys(DEMOS).join(" and ")}\n`);
  process.exit(2);
}
await installed(version);
const stage = new Stage();
process.exitCode = stage.close(await DEMOS[version](stage));
