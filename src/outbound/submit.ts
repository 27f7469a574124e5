import { type BlobSource, joinSources, type SealedBlob, sourceOf, type Vault } from "../blob/index.ts";
import { insertBlob } from "../blob/blob.store.ts";
import { type HistoryEvent, insertEvents, TraceId } from "../history/index.ts";
import type { BlobId, EmailId, TenantId, ThreadId } from "../kernel/id.ts";
import { MailError } from "../kernel/error.ts";
import { newUuid } from "../kernel/uuid.ts";
import { bumpModseq, insertDeliveries, prepareMessage, type PreparedMessage } from "../mailstore/index.ts";
import { printMailDate } from "../protocol/compose/index.ts";
import { printReturnPath } from "../protocol/smtp/index.ts";
import { listSenderAddresses, type Principal } from "../tenants/index.ts";
import { intoInboxes } from "./alerts.ts";
import { HELD_DUE_AT } from "./holds.store.ts";
import type { HoldReason } from "./decide-hold.ts";
import type { Permission } from "./decide-sending.ts";
import { countSending } from "./limits.store.ts";
import { type Outbound, queueTimes, SubmissionId } from "./outbound.ts";
import { type OutgoingHeader, readOutgoingHeader, withHeader } from "./outgoing-message.ts";
import { type RoutedRecipient, routeRecipients, type SubmitRecipient } from "./route-recipients.ts";
import {
  type Leaving,
  permitSending,
  type SendingClient,
  tellLimit,
  tellPermission,
} from "./permit-sending.ts";
import { canonicalAddress } from "./canonical-address.ts";
import { planBulk, suppressionNotice, withoutSuppressed } from "./suppression.ts";
import { requireSender } from "./sender-rights.ts";
import { insertSubmission, lockAccounts, type NewRecipient, type NewSubmission } from "./submission.store.ts";

export interface SubmitRequest {
  /** Under which its history is found; absent: a new one. */
  readonly traceId?: TraceId;
  /** The message as its author made it, or where it is stored already. */
  readonly content: BlobSource | { readonly blobId: BlobId; readonly size: number };
  readonly envelope: {
    /** "" is the null path (a receipt, an automatic answer) */
    readonly mailFrom: string;
    readonly rcptTo: readonly SubmitRecipient[];
    /** The next server must know SMTPUTF8 if the header or an address needs it (RFC 6531). */
    readonly smtpUtf8: boolean;
    /** RFC 8689: it leaves over verified TLS, or comes back; not when absent */
    readonly requireTls?: boolean;
    readonly ret: "FULL" | "HDRS" | null;
    readonly envid: string | null;
  };
  /** Received fields with their line ends, put before everything. */
  readonly received: string;
  /** The author's draft still has Bcc (JMAP): the copies that leave must not (RFC 5322 §3.6.3). */
  readonly removeBcc: boolean;
  /** Who hands it over; absent: nothing is counted against the account's limits. */
  readonly client?: SendingClient;
  /** Not before this moment, in milliseconds since the epoch; until then it can be canceled. */
  readonly sendAt?: number;
  /** What JMAP's EmailSubmission refers to. */
  readonly jmap?: { readonly identityId: string; readonly emailId: EmailId; readonly threadId: ThreadId };
}

export interface Submitted {
  readonly id: SubmissionId;
  readonly sendAt: number;
  /** pending: it waits, and can be canceled until it goes */
  readonly undoStatus: "pending" | "final";
  readonly recipients: readonly Pick<NewRecipient, "address" | "delivered" | "smtpReply">[];
  /** What is queued waits for an administrator; null: it does not. */
  readonly held: HoldReason | null;
}

/** Takes over a message from an account: checks that the sender is its own, completes the header (Date, Message-ID), delivers
 * to the tenant's own mailboxes and queues the rest, all in one commit: when this resolves, it is durable.
 * A recipient that does not exist is not refused here (see `findRecipients`): it comes back as a bounce.
 * @throws {MailError} sender_not_owned (detail: SenderFault), invalid_input (detail: addresses), sending_limit (detail: Exceeded, text),
 * sending_held, recipient_suppressed (detail: addresses), unavailable */
export async function submit(
  outbound: Outbound,
  principal: Principal,
  request: SubmitRequest,
): Promise<Submitted> {
  const { store } = outbound;
  const { tenantId } = principal;
  const { envelope } = request;
  const now = store.clock();
  const sendAt = Math.max(now, request.sendAt ?? now);
  const source =
    "chunks" in request.content ? request.content : storedSource(store.vault, tenantId, request.content);
  const header = await readOutgoingHeader(source);
  const id = SubmissionId.parse(request.traceId ?? newUuid(store.clock, store.random));
  const bulk = await planBulk(outbound, principal, {
    id,
    header: header.bytes,
    mailFrom: envelope.mailFrom,
    recipients: envelope.rcptTo.map((to) => to.address),
  });
  const messageId = header.hasMessageId ? header.messageId : newMessageId(outbound, envelope.mailFrom);
  const onBehalf = await isOnBehalf(outbound, principal, header);
  const sender = onBehalf ? `Sender: ${principal.address}\r\n` : "";
  const leftOut = [...(request.removeBcc ? header.bcc : []), ...(onBehalf ? header.sender : [])];
  const outgoing = withHeader(
    source,
    request.received + bulk.fields + missingFields(header, messageId, now) + sender,
    leftOut.toSorted(([one], [other]) => one - other),
  );
  const recipients = withoutSuppressed(
    bulk,
    await routeRecipients(outbound, principal, envelope.rcptTo, outgoing.size, sendAt <= now),
  );
  const prepare = (): Promise<PreparedMessage> =>
    prepareMessage(
      store,
      tenantId,
      joinSources(sourceOf(new TextEncoder().encode(printReturnPath(envelope.mailFrom))), outgoing),
    );
  const local = recipients.some((to) => to.accountId !== null) ? await prepare() : null;
  const needsUtf8 =
    envelope.smtpUtf8 &&
    (header.eightBit || [envelope.mailFrom, ...recipients.map((to) => to.address)].some(isUtf8));
  const base: Omit<NewSubmission, "blobId" | "size" | "eightBit" | "modseq" | "recipients"> = {
    id,
    accountId: principal.accountId,
    mailFrom: envelope.mailFrom,
    smtpUtf8: needsUtf8,
    requireTls: envelope.requireTls === true,
    // RFC 8689 §5: the option of the envelope wins over the field.
    tlsOptional: header.tlsOptional && envelope.requireTls !== true,
    ret: envelope.ret,
    envid: envelope.envid,
    arrivedAt: now,
    sendAt,
    giveUpAt: sendAt + queueTimes(outbound).lifeMs,
    undoStatus: sendAt > now ? "pending" : "final",
    identityId: request.jmap?.identityId ?? null,
    emailId: request.jmap?.emailId ?? null,
    threadId: request.jmap?.threadId ?? null,
  };
  let sealed = recipients.some((to) => to.accountId === null)
    ? await seal(store.vault, tenantId, outgoing)
    : null;
  const leaving = {
    client: request.client,
    domain: domainOf(envelope.mailFrom, principal),
    isBulk: bulk.isBulk,
    now,
  };
  const notice = await suppressionNotice(outbound, principal, {
    mailFrom: envelope.mailFrom,
    envid: envelope.envid,
    header: header.bytes,
    recipients,
  });
  for (;;) {
    const done = await commit(outbound, principal, {
      base,
      header,
      messageId,
      recipients,
      local,
      sealed,
      leaving,
      notice,
    }).catch(async (error: unknown) => {
      if (error instanceof MailError && error.code === "sending_limit")
        await tellLimit(outbound, principal, error);
      throw error;
    });
    if (done !== null) {
      const { rows: result, permission } = done;
      if (permission !== null) await tellPermission(outbound, principal, permission);
      store.changes.committed(tenantId, [
        principal.accountId,
        ...recipients.flatMap((to) => (to.accountId === null ? [] : [to.accountId])),
      ]);
      if (result.some((to) => to.delivered === "queued")) outbound.queue.wake();
      const told = result.map(({ address, delivered, smtpReply }) => ({ address, delivered, smtpReply }));
      const held = permission?.hold?.reason ?? null;
      const undoStatus = held === null ? base.undoStatus : "pending";
      return { id, sendAt, undoStatus, recipients: told, held };
    }
    // A mailbox was full, or gone, between the look-up and the commit: it goes through the queue, which needs its own copy.
    sealed = await seal(store.vault, tenantId, outgoing);
  }
}

/** Whether somebody writes in the name of a shared account: then the header says who it was (RFC 5322 §3.6.2), whatever it said itself. */
async function isOnBehalf(
  { store }: Outbound,
  { tenantId, accountId, address }: Principal,
  { from }: OutgoingHeader,
): Promise<boolean> {
  const others = from.map(canonicalAddress).filter((one) => one !== address);
  if (others.length === 0) return false;
  const owned = await store.db.tenant(tenantId, (tx) => listSenderAddresses(tx, accountId));
  return owned.some((one) => one.isShared && others.includes(one.address));
}

/** Of the address that the message is sent from. */
function domainOf(mailFrom: string, { address }: Principal): string {
  const sender = canonicalAddress(mailFrom === "" ? address : mailFrom);
  return sender.slice(sender.lastIndexOf("@") + 1);
}

/** A stored blob as a source. */
function storedSource(
  vault: Vault,
  tenantId: TenantId,
  blob: { readonly blobId: BlobId; readonly size: number },
): BlobSource {
  return { size: blob.size, chunks: () => vault.open(tenantId, blob.blobId) };
}

// oxlint-disable-next-line no-control-regex -- US-ASCII is what is meant
const isUtf8 = (text: string): boolean => !/^[\0-\x7F]*$/.test(text);

function newMessageId({ store, hostname }: Outbound, mailFrom: string): string {
  const isBare = mailFrom === "" || isUtf8(mailFrom);
  const host = isBare ? hostname : mailFrom.slice(mailFrom.lastIndexOf("@") + 1);
  return `${newUuid(store.clock, store.random)}@${host}`;
}

/** RFC 6409 §8: a submission server may add what is missing. */
function missingFields(header: OutgoingHeader, messageId: string | null, now: number): string {
  const date = header.hasDate ? "" : `Date: ${printMailDate(now, 0)}\r\n`;
  return header.hasMessageId ? date : `${date}Message-ID: <${messageId ?? ""}>\r\n`;
}

interface Sealed {
  readonly blob: SealedBlob;
  readonly eightBit: boolean;
}

async function seal(vault: Vault, tenantId: TenantId, source: BlobSource): Promise<Sealed> {
  let eightBit = false;
  const blob = await vault.seal(tenantId, source, (plain) => {
    eightBit ||= plain.some((octet) => octet > 127);
  });
  return { blob, eightBit };
}

interface Handover {
  readonly base: Omit<NewSubmission, "blobId" | "size" | "eightBit" | "modseq" | "recipients">;
  readonly header: OutgoingHeader;
  readonly messageId: string | null;
  readonly recipients: readonly RoutedRecipient[];
  readonly local: PreparedMessage | null;
  readonly sealed: Sealed | null;
  readonly leaving: Leaving;
  /** for the sender, about recipients who get none */
  readonly notice: PreparedMessage | null;
}

/** What the history of a message begins with: it is in a mailbox here, or waits to be sent. */
function beginnings(
  { id, arrivedAt, sendAt, mailFrom }: Handover["base"],
  messageId: string | null,
  size: number,
  recipients: readonly NewRecipient[],
): HistoryEvent[] {
  return recipients.map(({ address, delivered, smtpReply }) => {
    const isHere = delivered === "yes";
    const direction = isHere ? "internal" : "out";
    const refused = delivered === "no" ? { reply: smtpReply ?? "", attempt: 0, told: true } : null;
    const waits = !isHere && sendAt > arrivedAt ? { dueAt: new Date(sendAt).toISOString() } : {};
    return {
      traceId: TraceId.parse(id),
      at: arrivedAt,
      kind: isHere ? "filed" : refused === null ? "queued" : "bounced",
      recipient: address,
      opening: { direction, sender: mailFrom, messageId, size, clientIp: null },
      detail: isHere ? { mailbox: "inbox" } : (refused ?? waits),
    };
  });
}

/** Rolls the transaction back without being an error. */
class NeedsCopy extends Error {}

/** @returns null: nothing was written, because the queue needs a sealed copy after all */
async function commit(
  outbound: Outbound,
  principal: Principal,
  { base, header, messageId, recipients, local, sealed, leaving, notice }: Handover,
): Promise<{ readonly rows: NewRecipient[]; readonly permission: Permission | null } | null> {
  const { store } = outbound;
  // Two addresses of one mailbox: one message.
  const direct = [...new Set(recipients.flatMap((to) => (to.accountId === null ? [] : [to.accountId])))];
  // Mail within the tenant is neither counted nor held.
  const going = recipients.filter((to) => to.delivered !== "no");
  const outside = going.reduce((sum, to) => sum + to.outside, 0);
  const unknown = going.filter((to) => to.reach === "nobody").length;
  try {
    return await store.db.tenant(principal.tenantId, async (tx) => {
      const [owned, , standing] = await Promise.all([
        listSenderAddresses(tx, principal.accountId),
        lockAccounts(tx, [principal.accountId, ...direct]),
        outside === 0
          ? null
          : countSending(tx, {
              accountId: principal.accountId,
              domain: leaving.domain,
              recipients: outside,
              failed: unknown + (leaving.client?.unknownRecipients ?? 0),
              counts: leaving.client?.isLimited ?? false,
              now: leaving.now,
            }),
      ]);
      requireSender(owned, base.mailFrom, header.from);
      const permission =
        standing === null ? null : await permitSending(tx, outbound, principal, standing, leaving);
      const isHeld = permission !== null && permission.hold !== null;
      if (notice !== null)
        await insertDeliveries(tx, notice, intoInboxes([principal.accountId], leaving.now), {
          ignoreQuota: true,
        });
      const outcomes =
        local === null
          ? []
          : await insertDeliveries(
              tx,
              local,
              direct.map((accountId) => ({
                accountId,
                mailbox: { role: "inbox" },
                flags: { bits: 0, keywords: [] },
                receivedAt: base.arrivedAt,
              })),
            );
      const refused = new Set(
        outcomes.filter((one) => one.outcome !== "delivered").map((one) => one.accountId),
      );
      if (refused.size > 0 && sealed === null) throw new NeedsCopy();
      const rows = recipients.map(({ accountId, ...to }): NewRecipient =>
        accountId !== null && refused.has(accountId) ? { ...to, delivered: "queued", smtpReply: null } : to,
      );
      const delivered = outcomes.find((one) => one.outcome === "delivered");
      const blobId = sealed === null ? delivered?.blobId : await insertBlob(tx, sealed.blob);
      if (blobId === undefined) throw new Error("a submission without a copy of its message");
      const modseq = await bumpModseq(tx, principal.accountId);
      const size = sealed?.blob.size ?? local?.blob.size ?? 0;
      await insertSubmission(tx, {
        ...base,
        ...(permission === null ? {} : { pool: permission.pool }),
        // What is held can be canceled by its sender, too.
        ...(isHeld ? { dueAt: HELD_DUE_AT, undoStatus: "pending" } : {}),
        blobId,
        size,
        eightBit: sealed?.eightBit ?? false,
        modseq,
        recipients: rows,
      });
      await insertEvents(tx, beginnings(base, messageId, size, rows));
      return { rows, permission };
    });
  } catch (error) {
    if (error instanceof NeedsCopy) return null;
    throw error;
  }
}
