/** Why an account's mail to the outside is held. */
export type HoldReason = "many_failures" | "burst" | "new_country" | "complaints" | "admin";

/** What is known of an account at a moment; recipients are those outside of its tenant. */
export interface SenderSigns {
  /** with the message that is being sent */
  readonly hourRecipients: number;
  readonly dayRecipients: number;
  /** refused for good, or unknown, today */
  readonly dayFailed: number;
  /** recipients on a day on which it sends, and how many such days there were before today */
  readonly usualRecipients: number;
  readonly activeDays: number;
  /** It sends from a country from which it had not sent until today, and it has sent from another one. */
  readonly isNewCountry: boolean;
}

/** So many failures on a day, and such a part of all recipients, are no typing errors. */
const FAILED_MIN = 20;
const FAILED_PART = 0.3;
/** A mailbox that sends so many times what it usually does, and at least so much in one hour. */
const BURST_TIMES = 10;
const BURST_MIN = 200;
/** An account that has no history yet. */
const HISTORY_DAYS = 5;
/** A person abroad writes a few mails; a thief writes many at once. */
const COUNTRY_MIN = 10;

/** Decides whether an account behaves so unlike itself that somebody must look at it before more of its mail leaves.
 * @returns why, or null */
export function decideHold(signs: SenderSigns): HoldReason | null {
  const { hourRecipients, dayRecipients, dayFailed, usualRecipients, activeDays, isNewCountry } = signs;
  if (dayFailed >= FAILED_MIN && dayFailed >= FAILED_PART * dayRecipients) return "many_failures";
  if (isNewCountry && hourRecipients >= COUNTRY_MIN) return "new_country";
  const isFar = activeDays >= HISTORY_DAYS && dayRecipients > BURST_TIMES * usualRecipients;
  return hourRecipients >= BURST_MIN && isFar ? "burst" : null;
}
