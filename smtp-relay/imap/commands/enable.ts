import { beginWatch } from "../begin-watch.ts";
import { type CommandSpec, ok } from "../completion.ts";
import type { Feature } from "../session.ts";

/** As they are spelt in a response. */
const FEATURES = new Map<string, readonly [Feature, string]>([
  ["IMAP4REV2", ["IMAP4REV2", "IMAP4rev2"]],
  ["CONDSTORE", ["CONDSTORE", "CONDSTORE"]],
  ["QRESYNC", ["QRESYNC", "QRESYNC"]],
  ["UIDONLY", ["UIDONLY", "UIDONLY"]],
  ["UTF8=ACCEPT", ["UTF8=ACCEPT", "UTF8=ACCEPT"]],
  ["METADATA", ["METADATA", "METADATA"]],
  ["METADATA-SERVER", ["METADATA-SERVER", "METADATA-SERVER"]],
]);

/** RFC 9051 §6.3.1. What we don't know is passed over. */
export const enable: CommandSpec<"ENABLE"> = {
  allowedIn: "authenticated",
  news: "none",
  async run(session, { capabilities }) {
    const enabled: string[] = [];
    const had = session.enabled.has("CONDSTORE");
    for (const capability of capabilities) {
      const found = FEATURES.get(capability);
      if (found === undefined) continue;
      session.enabled.add(found[0]);
      enabled.push(found[1]);
    }
    // RFC 7162 §3.2.3: who resynchronizes knows what a modification sequence is.
    if (session.enabled.has("QRESYNC")) session.enabled.add("CONDSTORE");
    await session.send(["* ENABLED", ...new Set(enabled)].join(" "));
    if (!had && session.enabled.has("CONDSTORE") && session.selected !== undefined)
      await session.send(`* OK [HIGHESTMODSEQ ${session.box.highestModseq}] changes so far`);
    if (capabilities.some((one) => one.startsWith("METADATA")))
      await beginWatch(session, session.watch?.groups ?? []);
    return ok("enabled");
  },
};
