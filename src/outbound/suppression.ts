import { sourceOf } from "../blob/index.ts";
import { MailError } from "../kernel/error.ts";
import { TenantId } from "../kernel/id.ts";
import { prepareMessage, type PreparedMessage } from "../mailstore/index.ts";
import type { DsnRecipient } from "../protocol/dsn/index.ts";
import { printReturnPath } from "../protocol/smtp/index.ts";
import type { Principal } from "../tenants/index.ts";
import { bulkFields, isBulkMessage, readBulkSigns } from "./bulk.ts";
import { canonicalAddress } from "./canonical-address.ts";
import { writeNotice } from "./finish-attempt.ts";
import type { Outbound, SubmissionId } from "./outbound.ts";
import type { RoutedRecipient } from "./route-recipients.ts";
import { openToken, sealToken } from "./sealed-token.ts";
import { findSuppressed, insertSuppression, type NewSuppression } from "./suppression.store.ts";

/** What a bulk message needs before it is sent. */
export interface BulkPlan {
  readonly isBulk: boolean;
  /** header fields with their line ends */
  readonly fields: string;
  /** recipients, as written, who get none, and why */
  readonly suppressed: ReadonlyMap<string, NewSuppression["reason"]>;
}

const PERSONAL: BulkPlan = { isBulk: false, fields: "", suppressed: new Map() };

/** Looks whether a message is bulk, who must not get it, and which fields it lacks. Personal mail costs no question to the database.
 * @throws {MailError} unavailable */
export async function planBulk(
  outbound: Outbound,
  principal: Principal,
  message: {
    readonly id: SubmissionId;
    readonly header: Uint8Array;
    readonly mailFrom: string;
    readonly recipients: readonly string[];
  },
): Promise<BulkPlan> {
  const { tenantId } = principal;
  const signs = readBulkSigns(message.header);
  const { recipients } = message;
  if (!isBulkMessage(signs, recipients.length)) return PERSONAL;
  const sender = canonicalAddress(message.mailFrom === "" ? principal.address : message.mailFrom);
  const canonical = new Map(recipients.map((address) => [address, canonicalAddress(address)]));
  const found = await outbound.store.db.tenant(tenantId, (tx) =>
    findSuppressed(tx, [...new Set(canonical.values())], sender),
  );
  const suppressed = new Map<string, NewSuppression["reason"]>();
  for (const [address, name] of canonical) {
    const reason = found.get(name);
    if (reason !== undefined) suppressed.set(address, reason);
  }
  const [only, second] = recipients;
  const link =
    only === undefined || second !== undefined
      ? null
      : await unsubscribeLink(outbound, { tenantId, sender, recipient: canonicalAddress(only) });
  const { keys } = outbound.tenancy;
  const reference = await sealToken(keys, outbound.store.random, "reference", [tenantId, message.id]);
  return { isBulk: true, fields: bulkFields(signs, { link, sender, reference }), suppressed };
}

const WHY = {
  bounce: "this address does not exist any more",
  complaint: "its owner complained about your mail",
  unsubscribe: "its owner unsubscribed from this sender",
  admin: "your administrator put it on the list",
} as const;

/** Takes those who get no bulk mail out of what is delivered and queued.
 * @throws {MailError} recipient_suppressed: nobody is left */
export function withoutSuppressed(
  { suppressed }: BulkPlan,
  recipients: readonly RoutedRecipient[],
): RoutedRecipient[] {
  if (suppressed.size === 0) return [...recipients];
  const left = recipients.map((to): RoutedRecipient => {
    const reason = suppressed.get(to.address);
    if (reason === undefined) return to;
    const smtpReply = `550 5.7.1 No bulk mail is sent there: ${WHY[reason]}`;
    return { ...to, accountId: null, delivered: "no", smtpReply };
  });
  if (left.every((to) => to.delivered === "no"))
    throw new MailError("recipient_suppressed", { addresses: left.map((to) => to.address) });
  return left;
}

/** What the sender hears of recipients that were left out; null: nothing. Nothing is stored yet. */
export async function suppressionNotice(
  outbound: Outbound,
  { tenantId }: Principal,
  message: {
    readonly mailFrom: string;
    readonly envid: string | null;
    readonly header: Uint8Array;
    readonly recipients: readonly RoutedRecipient[];
  },
): Promise<PreparedMessage | null> {
  const { mailFrom, envid, header, recipients } = message;
  const now = outbound.store.clock();
  const told = recipients
    .filter((to) => to.delivered === "no" && to.notify?.includes("NEVER") !== true)
    .map(({ address, orcpt, smtpReply }): DsnRecipient => ({
      address,
      orcpt,
      action: "failed",
      status: "5.7.1",
      remoteMta: null,
      diagnostic: smtpReply,
      lastAttemptAt: now,
    }));
  if (told.length === 0 || mailFrom === "") return null;
  const notice = writeNotice(outbound, mailFrom, told, { arrivedAt: now, envid, start: header });
  const path = new TextEncoder().encode(printReturnPath(""));
  return prepareMessage(outbound.store, tenantId, sourceOf(path, notice));
}

interface Unsubscription {
  readonly tenantId: TenantId;
  readonly sender: string;
  readonly recipient: string;
}

async function unsubscribeLink(
  { tenancy, store, hostname, publicUrl }: Outbound,
  { tenantId, sender, recipient }: Unsubscription,
): Promise<string | null> {
  const base = publicUrl ?? `https://${hostname}`;
  // RFC 8058 §3.1: nothing but HTTPS.
  if (!base.startsWith("https://")) return null;
  const words = [tenantId, sender, recipient];
  return `${base}/unsubscribe/${await sealToken(tenancy.keys, store.random, "unsubscribe", words)}`;
}

/** What an unsubscribe link is about; null: it is not one of ours. */
export async function readUnsubscribeToken(
  { tenancy }: Outbound,
  token: string,
): Promise<Unsubscription | null> {
  const [tenant, sender, recipient] = (await openToken(tenancy.keys, "unsubscribe", token)) ?? [];
  const tenantId = TenantId.safeParse(tenant);
  if (!tenantId.success || sender === undefined || recipient === undefined) return null;
  return { tenantId: tenantId.data, sender, recipient };
}

/** Does what a link of RFC 8058 promises; again does nothing. @throws {MailError} unavailable */
export async function unsubscribe(
  { store }: Outbound,
  { tenantId, sender, recipient }: Unsubscription,
): Promise<void> {
  await store.db.tenant(tenantId, (tx) =>
    insertSuppression(tx, { address: recipient, sender, reason: "unsubscribe", detail: "" }, store.clock()),
  );
}
