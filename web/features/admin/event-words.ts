import type { EventKind, HistoryDetail, TraceLine } from "../../../src/contract/history.ts";
import type { Tone } from "./page-parts.tsx";

export const EVENT_TONES: Readonly<Record<EventKind, Tone>> = {
  filed: "good",
  quarantined: "bad",
  refused: "bad",
  deferred: "wait",
  queued: "calm",
  delayed: "wait",
  relayed: "good",
  bounced: "bad",
  held: "bad",
  freed: "calm",
  retried: "calm",
  dropped: "bad",
  canceled: "calm",
  forwarded: "good",
  answered: "calm",
  discarded: "calm",
  released: "good",
  deleted: "calm",
};

/** The word for what happened last; mail that is filed as junk is not simply there. */
export function stateWord(
  kind: EventKind,
  { mailbox }: HistoryDetail,
): `admin.trace.kinds.${EventKind}` | "admin.trace.kinds.junk" {
  return kind === "filed" && mailbox === "junk" ? "admin.trace.kinds.junk" : `admin.trace.kinds.${kind}`;
}

export const toneOf = ({ state, detail }: TraceLine): Tone =>
  state === "filed" && detail.mailbox === "junk" ? "wait" : EVENT_TONES[state];

const CODES = ["spam", "virus", "attachment", "dmarc", "client", "unscanned", "loop"] as const;

/** A reason that this page has a word for; a newer server may know more of them. */
export const codeOf = (code: string): (typeof CODES)[number] | "other" =>
  CODES.find((one) => one === code) ?? "other";
