import { unread } from "../../core/observed.ts";
import type { Origin } from "../../core/snapshot.ts";
import { BEHIND_A_WALL, seesEveryProcess } from "../pid-namespace.ts";
import { ownerLives } from "../process-identity.ts";
import type { RunReceipt } from "./rows.ts";

/** Who holds the run, by its receipt. Our own receipt is a claim, not a sign of life; a stranger's is both. */
export async function ownerOf(
  receipt: RunReceipt | undefined,
  ourStartTicks: number | undefined,
): Promise<Origin["owner"]> {
  if (receipt === undefined) return "not-named";
  const { ownerPid, ownerStartTicks } = receipt;
  if (ownerPid === process.pid) {
    if (ownerStartTicks === undefined || ourStartTicks === undefined) return "here";
    if (ownerStartTicks === ourStartTicks) return "here";
    return seesEveryProcess() ? "gone" : unread(BEHIND_A_WALL);
  }
  const lives = await ownerLives(ownerPid, ownerStartTicks);
  if (lives.kind === "unread") return lives;
  if (lives.value) return "elsewhere";
  return seesEveryProcess() ? "gone" : unread(BEHIND_A_WALL);
}
