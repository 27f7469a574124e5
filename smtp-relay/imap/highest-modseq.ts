import type { ImapSession } from "./session.ts";

/** What a client that asked for modification sequences is told after messages went: by now it has heard of everything
 * up to here (RFC 7162 §3.2.7, §3.2.8). */
export function highestModseqCode({ box, enabled }: ImapSession): string | undefined {
  return enabled.has("CONDSTORE") && box.expunged.length === 0
    ? `HIGHESTMODSEQ ${box.highestModseq}`
    : undefined;
}
