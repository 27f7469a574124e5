import { MailError } from "../kernel/error.ts";
import { normalizeAddress } from "../protocol/address/index.ts";

/** Which sender is at fault. */
export interface SenderFault {
  readonly where: "MAIL FROM" | "From";
  /** As written; null: there is none, where one must be. */
  readonly address: string | null;
}

/** An account may send only as itself: in the envelope (or with the null path), and in every From of the header.
 * @param owned canonical addresses of the account
 * @param from addresses of all From fields; null: they are not known yet
 * @returns the first fault, or null */
export function findSenderFault(
  owned: ReadonlySet<string>,
  mailFrom: string,
  from: readonly string[] | null,
): SenderFault | null {
  const owns = (address: string): boolean => {
    const parsed = normalizeAddress(address);
    return parsed.ok && owned.has(parsed.value);
  };
  if (mailFrom !== "" && !owns(mailFrom)) return { where: "MAIL FROM", address: mailFrom };
  if (from === null) return null;
  if (from.length === 0) return { where: "From", address: null };
  const wrong = from.find((address) => !owns(address));
  return wrong === undefined ? null : { where: "From", address: wrong };
}

/** @throws {MailError} sender_not_owned, with the fault as its detail */
export function requireSender(
  owned: readonly { readonly address: string }[],
  mailFrom: string,
  from: readonly string[] | null,
): void {
  const fault = findSenderFault(new Set(owned.map((one) => one.address)), mailFrom, from);
  if (fault !== null) throw new MailError("sender_not_owned", { ...fault });
}
