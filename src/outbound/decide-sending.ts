import { MailError } from "../kernel/error.ts";
import { isBulkSender } from "./bulk.ts";
import { decideHold, type HoldReason } from "./decide-hold.ts";
import { choosePool, type PoolName } from "./egress-pool.ts";
import { capsOf, DAY_MS, explainExceeded, findExceeded, limitsOf } from "./limits.ts";
import type { Standing } from "./limits.store.ts";

/** More of a held account is not kept. */
const HELD_MESSAGES_MAX = 1_000;

/** What is known of a message when its account's standing is judged. */
export interface Candidate {
  readonly accountId: string;
  /** of the sender's address */
  readonly domain: string;
  /** The sender's domain is its own, not one that everybody gets at once. */
  readonly isVerified: boolean;
  readonly isBulk: boolean;
  /** where the client is; null: not known */
  readonly country: string | null;
  /** Recipients a day of an agency that is not verified. */
  readonly unverifiedDaily: number;
  readonly now: number;
}

export interface Permission {
  readonly pool: PoolName;
  /** It is held; `isNew`: from this message on. */
  readonly hold: { readonly reason: HoldReason; readonly isNew: boolean } | null;
  /** The account has never sent from here; `isFirst`: nor from anywhere else. */
  readonly newCountry: { readonly country: string; readonly isFirst: boolean } | null;
}

/** Decides whether a message may leave, whether it waits for an administrator, and from which of our addresses it goes.
 * @throws {MailError} sending_limit (detail: Exceeded and text), sending_held */
export function decideSending(standing: Standing, message: Candidate): Permission {
  const { counts, hold } = standing;
  const { now } = message;
  const tenantAgeMs = now - standing.tenantCreatedAt;
  if (counts !== null) {
    const caps = capsOf(standing.caps, tenantAgeMs, standing.isUnverified ? message.unverifiedDaily : null);
    const of = (scope: "mailbox" | "domain" | "tenant", subject: string) => ({
      scope,
      limits: limitsOf(scope, subject, caps, standing.own),
      counts: counts[scope],
    });
    const scopes = [of("mailbox", message.accountId), of("domain", message.domain), of("tenant", "")];
    const exceeded = findExceeded(scopes, now);
    if (exceeded !== null)
      throw new MailError("sending_limit", {
        ...exceeded,
        text: explainExceeded(exceeded),
        retryAfterMs: exceeded.until - now,
      });
  }
  if (hold !== null && hold.messages >= HELD_MESSAGES_MAX) throw new MailError("sending_held");
  const { newCountry, isRecent } = judgeCountry(standing, message);
  const signs = counts === null ? null : { ...counts.mailbox, isNewCountry: isRecent };
  const found = hold !== null || signs === null ? null : decideHold(signs);
  return {
    pool: choosePool({
      tenantAgeMs,
      isVerified: message.isVerified,
      isBulk: message.isBulk || isBulkSender(counts?.mailbox.hourRecipients ?? 0),
      isReport: false,
    }),
    hold: hold !== null ? { reason: hold.reason, isNew: false } : found && { reason: found, isNew: true },
    newCountry,
  };
}

function judgeCountry(
  { countries, counts }: Standing,
  { country, now }: Candidate,
): { readonly newCountry: Permission["newCountry"]; readonly isRecent: boolean } {
  if (country === null || counts === null) return { newCountry: null, isRecent: false };
  const known = countries.find((one) => one.country === country);
  const isFirst = countries.length === 0;
  const since = known?.firstAt ?? now;
  const isRecent = now - since < DAY_MS && countries.some((one) => one.firstAt < since);
  return { newCountry: known === undefined ? { country, isFirst } : null, isRecent };
}
