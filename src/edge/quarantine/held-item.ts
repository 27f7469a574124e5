import type { HeldItem } from "../../contract/quarantine.ts";
import { type Held, userMayRelease } from "../../quarantine/index.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

/** A held message as the API shows it. */
export function heldItem(held: Held): HeldItem {
  return {
    id: held.id,
    messageId: held.messageId,
    recipient: held.address,
    sender: held.sender,
    mailFrom: held.mailFrom,
    subject: held.subject,
    size: held.size,
    receivedAt: iso(held.receivedAt),
    expiresAt: iso(held.expiresAt),
    reasons: [...held.reasons],
    state: held.state,
    decidedAt: held.decidedAt === null ? null : iso(held.decidedAt),
    decidedBy: held.decidedBy,
    userMayRelease: userMayRelease(held),
  };
}

/** A page of them. @param limit how many were asked for */
export function heldPage(
  list: readonly Held[],
  limit: number,
): { items: HeldItem[]; nextCursor: string | null } {
  const last = list.length < limit ? undefined : list.at(-1);
  return { items: list.map(heldItem), nextCursor: last?.id ?? null };
}
