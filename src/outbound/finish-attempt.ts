import { insertBlob } from "../blob/blob.store.ts";
import { type SealedBlob, sourceOf } from "../blob/index.ts";
import type { TenantTx } from "../db/index.ts";
import { type HistoryEvent, insertEvents, TraceId } from "../history/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { bumpModseq, insertDeliveries, prepareMessage, type PreparedMessage } from "../mailstore/index.ts";
import { type DsnRecipient, printDsn } from "../protocol/dsn/index.ts";
import { decodeWords, headerText, parseHeaders, parseMessageIds } from "../protocol/header/index.ts";
import { parseRcptTo, printReturnPath } from "../protocol/smtp/index.ts";
import { attemptEvents } from "./attempt-events.ts";
import { countRefusals } from "./count-refusals.ts";
import { type AfterAttempt, type AttemptResult, decideAfterAttempt } from "./decide-after-attempt.ts";
import { followHolds } from "./holds.ts";
import { finishForward, writeForwardLetters } from "./finish-forward.ts";
import { type Outbound, queueTimes, SubmissionId } from "./outbound.ts";
import { type Lease, type QueueEntry, recordAttempt, touchSubmission } from "./queue.store.ts";
import { insertSubmission } from "./submission.store.ts";

/** So much of a message is read for the notice: its header, or the most of it. */
const HEADER_MAX = 65_536;

const encoder = new TextEncoder();

/** What a notice tells of the message that it is about. */
interface NoticeOf {
  readonly arrivedAt: number;
  readonly envid: string | null;
  /** The message from its start, with or without its body. */
  readonly start: Uint8Array;
  /** `start` is all of it, and goes back with a failure. */
  readonly isReturned?: boolean;
}

/** Writes a delivery status notification with our own trace of it (the null path). */
export function writeNotice(
  outbound: Outbound,
  to: string,
  recipients: readonly DsnRecipient[],
  about: NoticeOf,
): Uint8Array<ArrayBuffer> {
  const { clock, random } = outbound.store;
  const fields = parseHeaders(about.start);
  const field = (name: string): string | null => {
    const found = fields.find((one) => one.name.toLowerCase() === name);
    return found === undefined ? null : headerText(about.start, found.valueStart, found.valueEnd, 2_000);
  };
  const subject = field("subject");
  return printDsn({
    host: outbound.hostname,
    to,
    messageId: `${newUuid(clock, random)}@${outbound.hostname}`,
    boundary: `=_${newUuid(clock, random).replaceAll("-", "")}`,
    at: clock(),
    recipients,
    original: {
      arrivedAt: about.arrivedAt,
      envid: about.envid,
      subject: subject === null ? null : decodeWords(subject),
      messageId: parseMessageIds(field("message-id") ?? "")[0] ?? null,
      header: about.start.subarray(0, fields.at(-1)?.end ?? 0),
      ...(about.isReturned === true && recipients.some((one) => one.action === "failed")
        ? { whole: about.start }
        : {}),
    },
  });
}

/** Writes down what came of an attempt, and puts what the sender has to hear into its inbox, in one commit: a bounce is
 * neither lost nor told twice.
 * @returns what follows, or null: the lease was lost meanwhile, and somebody else decides
 * @throws {MailError} unavailable: nothing is known about the commit; calling again is safe */
export async function finishAttempt(
  outbound: Outbound,
  lease: Lease,
  entry: QueueEntry,
  results: readonly AttemptResult[],
): Promise<AfterAttempt | null> {
  const { store } = outbound;
  const { tenantId } = lease;
  const now = store.clock();
  const after = decideAfterAttempt(
    entry,
    results,
    now,
    (store.random(4)[0] ?? 0) / 256,
    queueTimes(outbound).delayToldMs,
  );
  const { accountId } = entry;
  const prepared = accountId === null ? [] : await prepareNotices(outbound, tenantId, entry, after.notices);
  // Of what was sent on, its sender hears by the way that it came.
  const returned = accountId === null ? await sealNotices(outbound, tenantId, entry, after.notices) : [];
  const letters =
    accountId === null ? await writeForwardLetters(outbound, tenantId, entry, after.updates) : [];
  let told: readonly AccountId[] = accountId === null ? [] : [accountId];
  let isHeld = false;
  const isDone = await store.db.tenant(tenantId, async (tx) => {
    const { submissionId } = entry;
    const { updates, next } = after;
    if (!(await recordAttempt(tx, lease, { submissionId, updates, next, at: now }))) return false;
    await insertEvents(tx, attemptEvents(entry, results, after, now));
    if (accountId === null) {
      for (const notice of returned) await insertNotice(tx, outbound, notice);
      told = await finishForward(tx, entry, after.updates, letters, now);
      return true;
    }
    await touchSubmission(tx, submissionId, await bumpModseq(tx, accountId));
    await deliverNotices(tx, accountId, prepared, now);
    isHeld = await countRefusals(tx, entry, results, now);
    return true;
  });
  if (!isDone) return null;
  if (isHeld) await followHolds(outbound, tenantId).catch(() => undefined); // `sweepHolds` makes up for it
  if (told.length > 0) store.changes.committed(tenantId, told);
  if (returned.length > 0) outbound.queue.wake();
  return after;
}

/** Notices for a sender who is not one of this tenant's people. */
async function sealNotices(
  outbound: Outbound,
  tenantId: TenantId,
  entry: QueueEntry,
  notices: AfterAttempt["notices"],
): Promise<SealedNotice[]> {
  if (notices.length === 0) return [];
  const about = {
    arrivedAt: entry.arrivedAt,
    envid: entry.envid,
    start: await readStart(outbound, tenantId, entry),
  };
  const sealed = await Promise.all(
    notices.map((recipients) => sealNotice(outbound, tenantId, entry.mailFrom, recipients, about)),
  );
  return sealed.filter((one) => one !== null);
}

/** Writes what the sender has to hear of a queue entry; nothing is stored yet. */
export async function prepareNotices(
  outbound: Outbound,
  tenantId: TenantId,
  entry: QueueEntry,
  notices: AfterAttempt["notices"],
): Promise<PreparedMessage[]> {
  if (notices.length === 0) return [];
  const start = await readStart(outbound, tenantId, entry);
  // Deviation: of what is larger the header is enough.
  const isReturned = entry.ret === "FULL" && start.length > 0 && start.length === entry.size;
  return Promise.all(
    notices.map((recipients) => {
      const about = { arrivedAt: entry.arrivedAt, envid: entry.envid, start, isReturned };
      const notice = writeNotice(outbound, entry.mailFrom, recipients, about);
      return prepareMessage(outbound.store, tenantId, sourceOf(encoder.encode(printReturnPath("")), notice));
    }),
  );
}

/** Puts notices into the sender's inbox, over its quota too. */
export async function deliverNotices(
  tx: TenantTx,
  accountId: AccountId,
  notices: readonly PreparedMessage[],
  now: number,
): Promise<void> {
  const inbox = { mailbox: { role: "inbox" as const }, flags: { bits: 0, keywords: [] }, receivedAt: now };
  for (const notice of notices)
    await insertDeliveries(tx, notice, [{ accountId, ...inbox }], { ignoreQuota: true });
}

/** The start of a message that is being sent; none if its bytes are gone. */
async function readStart(outbound: Outbound, tenantId: TenantId, entry: QueueEntry): Promise<Uint8Array> {
  try {
    const range = { start: 0, end: Math.min(entry.size, HEADER_MAX) };
    return await outbound.store.vault.read(tenantId, entry.blobId, range);
  } catch (error) {
    if (error instanceof MailError && error.code === "blob_unknown") return new Uint8Array();
    throw error;
  }
}

/** Queues a notice from a tenant to whoever sent it something: its own commit.
 * @param to where the notice goes; may be anywhere   @param events of the message that it is about
 * @param claim the first step of that commit; false: it was made before, and nothing is to be done
 * @throws {MailError} unavailable */
export async function queueNotice(
  outbound: Outbound,
  tenantId: TenantId,
  to: string,
  recipients: readonly DsnRecipient[],
  about: NoticeOf,
  events: readonly HistoryEvent[] = [],
  claim: (tx: TenantTx) => Promise<boolean> = () => Promise.resolve(true),
): Promise<void> {
  const { store } = outbound;
  const notice = await sealNotice(outbound, tenantId, to, recipients, about);
  if (notice === null) return;
  await store.db.tenant(tenantId, async (tx) => {
    if (!(await claim(tx))) return;
    await insertEvents(tx, events);
    await insertNotice(tx, outbound, notice);
  });
  outbound.queue.wake();
}

/** A notice that is written and encrypted, and not in the queue yet. */
export interface SealedNotice {
  readonly to: string;
  readonly domain: string;
  readonly isUtf8: boolean;
  readonly blob: SealedBlob;
  readonly eightBit: boolean;
}

/** Writes and encrypts a notice. @param to where it goes; may be anywhere @returns null: nowhere that mail could go to */
export async function sealNotice(
  outbound: Outbound,
  tenantId: TenantId,
  to: string,
  recipients: readonly DsnRecipient[],
  about: NoticeOf,
): Promise<SealedNotice | null> {
  const path = parseRcptTo(`TO:<${to}>`);
  if (!path.ok) return null;
  const { domain, needsUtf8 } = path.value.path;
  const notice = writeNotice(outbound, to, recipients, about);
  return {
    to,
    domain: domain ?? outbound.tenancy.hostedDomain,
    isUtf8: needsUtf8,
    blob: await outbound.store.vault.seal(tenantId, sourceOf(notice)),
    eightBit: notice.some((octet) => octet > 127),
  };
}

/** Puts a notice into the queue, in the transaction of what it tells; wake the queue after it. */
export async function insertNotice(tx: TenantTx, outbound: Outbound, notice: SealedNotice): Promise<void> {
  const { store } = outbound;
  const now = store.clock();
  const { to, domain, blob, eightBit, isUtf8 } = notice;
  const id = SubmissionId.parse(newUuid(store.clock, store.random));
  const opening = {
    direction: "out",
    sender: "",
    messageId: null,
    size: blob.size,
    clientIp: null,
  } as const;
  await insertEvents(tx, [{ traceId: TraceId.parse(id), at: now, kind: "queued", recipient: to, opening }]);
  await insertSubmission(tx, {
    id,
    accountId: null,
    blobId: await insertBlob(tx, blob),
    size: blob.size,
    mailFrom: "",
    eightBit,
    smtpUtf8: isUtf8,
    ret: null,
    envid: null,
    arrivedAt: now,
    sendAt: now,
    giveUpAt: now + queueTimes(outbound).lifeMs,
    undoStatus: "final",
    identityId: null,
    emailId: null,
    threadId: null,
    modseq: 0,
    recipients: [{ address: to, domain, notify: null, orcpt: null, delivered: "queued", smtpReply: null }],
  });
}
