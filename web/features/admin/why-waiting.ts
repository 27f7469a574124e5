import type { TFunction } from "i18next";
import type { QueueEntrySummary } from "../../../src/contract/queue.ts";
import type { Tone } from "./page-parts.tsx";
import { formatRelative } from "./relative-time.ts";

export const STATE_TONES: Readonly<Record<QueueEntrySummary["state"], Tone>> = {
  sending: "good",
  due: "calm",
  scheduled: "calm",
  retrying: "wait",
  held: "bad",
  sender_held: "bad",
};

const LATER_MS = 30_000;

/** Why an entry waits, in one sentence. */
export function whyWaiting(t: TFunction, entry: QueueEntrySummary, language: string, now: number): string {
  const when = entry.dueAt === null ? "" : formatRelative(entry.dueAt, language, now);
  switch (entry.state) {
    case "sending":
      return t("admin.queue.why.sending");
    case "due":
      // Its turn would have come: the worker waits for its destination.
      return entry.dueAt !== null && Date.parse(entry.dueAt) > now + LATER_MS
        ? t("admin.queue.why.paused", { when })
        : t("admin.queue.why.due");
    case "scheduled":
      return t("admin.queue.why.scheduled", { when });
    case "retrying":
      return t("admin.queue.why.retrying", { when, count: entry.attempts });
    case "held":
      return entry.heldReason === null || entry.heldReason === ""
        ? t("admin.queue.why.held", { by: entry.heldBy ?? "" })
        : t("admin.queue.why.heldBecause", { by: entry.heldBy ?? "", reason: entry.heldReason });
    case "sender_held":
    default:
      return t("admin.queue.why.sender_held");
  }
}
