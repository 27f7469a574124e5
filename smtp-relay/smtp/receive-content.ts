import { DotReader, LoneDotWatch } from "../../src/protocol/smtp/index.ts";
import type { Spool } from "../inbound/spool.ts";
import type { CommandLines } from "./command-lines.ts";
import type { SmtpSettings } from "./smtp-deps.ts";

/** A client that goes on for so many times the limit does not mean to end. */
const EXCESS = 4;

/** Why there is no message. */
export type NoContent = "end" | "timeout" | "too_much";

type Limits = Pick<SmtpSettings, "timeouts" | "maxMessageBytes">;

/** Reads a message up to its final dot into the spool. What is too large is read on and thrown away, since the verdict can be
 * said only after the dot. */
export async function receiveContent(
  lines: CommandLines,
  spool: Spool,
  { timeouts, maxMessageBytes }: Limits,
): Promise<"message" | "smuggled" | NoContent> {
  const reader = new DotReader();
  const watch = new LoneDotWatch();
  const until = performance.now() + timeouts.messageMs;
  while (!reader.done) {
    const left = until - performance.now();
    if (left <= 0) return "timeout";
    const octets = await lines.octets(Math.min(timeouts.dataMs, left));
    if (typeof octets === "string") return octets;
    const pieces: Uint8Array[] = [];
    const used = reader.push(octets, (piece) => pieces.push(piece));
    watch.push(octets.subarray(0, used));
    await spool.add(pieces);
    if (used < octets.length) lines.putBack(octets.subarray(used));
    if (spool.size > maxMessageBytes * EXCESS) return "too_much";
  }
  return watch.seen ? "smuggled" : "message";
}

/** Reads the octets of one chunk (RFC 3030). @param spool null: they are thrown away, since the answer is a refusal already */
export async function receiveChunk(
  lines: CommandLines,
  spool: Spool | null,
  count: number,
  { timeouts, maxMessageBytes }: Limits,
): Promise<"chunk" | NoContent> {
  if (count > maxMessageBytes * EXCESS) return "too_much";
  const until = performance.now() + timeouts.messageMs;
  for (let missing = count; missing > 0;) {
    const left = until - performance.now();
    if (left <= 0) return "timeout";
    const octets = await lines.octets(Math.min(timeouts.dataMs, left));
    if (typeof octets === "string") return octets;
    const mine = octets.subarray(0, missing);
    missing -= mine.length;
    await spool?.add([mine]);
    if (mine.length < octets.length) lines.putBack(octets.subarray(mine.length));
  }
  return spool !== null && spool.size > maxMessageBytes * EXCESS ? "too_much" : "chunk";
}
