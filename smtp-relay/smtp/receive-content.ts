import { DotReader } from "../../src/protocol/smtp/index.ts";
import type { Spool } from "../inbound/spool.ts";
import type { CommandLines } from "./command-lines.ts";
import type { SmtpSettings } from "./smtp-deps.ts";

/** A client that goes on for so many times the limit does not mean to end. */
const EXCESS = 4;

/** Reads a message up to its final dot into the spool. What is too large is read on and thrown away, since the verdict can be
 * said only after the dot.
 * @returns why there is no message, or "message" */
export async function receiveContent(
  lines: CommandLines,
  spool: Spool,
  { timeouts, maxMessageBytes }: Pick<SmtpSettings, "timeouts" | "maxMessageBytes">,
): Promise<"message" | "end" | "timeout" | "too_much"> {
  const reader = new DotReader();
  const until = performance.now() + timeouts.messageMs;
  while (!reader.done) {
    const left = until - performance.now();
    if (left <= 0) return "timeout";
    const octets = await lines.octets(Math.min(timeouts.dataMs, left));
    if (typeof octets === "string") return octets;
    const pieces: Uint8Array[] = [];
    const used = reader.push(octets, (piece) => pieces.push(piece));
    await spool.add(pieces);
    if (used < octets.length) lines.putBack(octets.subarray(used));
    if (spool.size > maxMessageBytes * EXCESS) return "too_much";
  }
  return "message";
}
