import type { VerificationState } from "../contract/verification.ts";
import type { ErrorCode } from "../kernel/error.ts";

/** What is known of an agency that signed itself up. Times are milliseconds since the epoch. */
export interface Standing {
  readonly country: string | null;
  readonly officialId: string | null;
  readonly method: "email" | "letter" | null;
  /** of the code that is on its way */
  readonly nonce: string | null;
  /** wrong codes so far */
  readonly tries: number;
  /** codes so far */
  readonly codes: number;
  readonly codeSentAt: number | null;
  readonly codeExpiresAt: number | null;
  readonly verifiedAt: number | null;
  readonly verifiedBy: "code" | "operator" | null;
  readonly isRefused: boolean;
  readonly isContested: boolean;
  readonly reason: string | null;
}

export const TRIES_MAX = 10;
export const CODE_LASTS_MS = 30 * 86_400_000;
/** All codes of one agency; after that the operator has to look at it. */
const CODES_MAX = 10;
/** Between two codes: nobody fills the registry's mailbox. */
const PAUSE_MS = 10 * 60_000;
/** Agencies that may have codes sent to one entry within a day. */
export const CODES_TO_ENTRY_MAX = 5;

/** @param standing undefined: the operator made the agency, and so knows it */
export function stateOf(standing: Standing | undefined): VerificationState {
  if (standing === undefined || standing.verifiedAt !== null) return "verified";
  if (standing.isRefused) return "refused";
  if (standing.isContested) return "contested";
  return standing.nonce === null ? "unverified" : "code_sent";
}

/** Whether a code may be sent now.
 * @returns null: yes */
export function decideSend(
  standing: Standing | undefined,
  now: number,
): { readonly code: ErrorCode; readonly retryAfterMs?: number } | null {
  const state = stateOf(standing);
  if (standing === undefined || (state !== "unverified" && state !== "code_sent"))
    return { code: "verification_closed" };
  if (standing.codes >= CODES_MAX) return { code: "rate_limited" };
  const next = (standing.codeSentAt ?? -PAUSE_MS) + PAUSE_MS;
  return next > now ? { code: "rate_limited", retryAfterMs: next - now } : null;
}

/** What a code that was entered comes to.
 * @param isRight it is the one that is on its way */
export function decideCode(
  standing: Standing | undefined,
  isRight: boolean,
  now: number,
): "right" | "wrong" | ErrorCode {
  if (standing === undefined || stateOf(standing) !== "code_sent") return "verification_closed";
  if ((standing.codeExpiresAt ?? 0) <= now || standing.tries >= TRIES_MAX) return "code_expired";
  return isRight ? "right" : "wrong";
}
