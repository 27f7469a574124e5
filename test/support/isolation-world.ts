import { sourceOf } from "../../src/blob/index.ts";
import type { Db, TenantTx } from "../../src/db/index.ts";
import type {
  AccountId,
  BlobId,
  EmailId,
  MailboxId,
  MessageId,
  TenantId,
  ThreadId,
} from "../../src/kernel/id.ts";
import { insertEvents, TraceId } from "../../src/history/index.ts";
import { newUuid } from "../../src/kernel/uuid.ts";
import {
  ALL_UIDS,
  copyPlacements,
  deliver,
  expunge,
  insertUpload,
  listMailboxes,
  prepareMessage,
  type PreparedMessage,
  setAnnotations,
} from "../../src/mailstore/index.ts";
import { greylist } from "../../src/outbound/greylist.store.ts";
import { type Lease, leaseDue } from "../../src/outbound/queue.store.ts";
import { insertSubmission, type NewSubmission } from "../../src/outbound/submission.store.ts";
import { SubmissionId } from "../../src/outbound/outbound.ts";
import { type HeldId, quarantineMessage } from "../../src/quarantine/index.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import { addAppPassword, openWebSession } from "../../src/tenants/index.ts";
import { settleAccess } from "./settle-access.ts";
import { insertSigningRows } from "./signing-rows.ts";
import { GREYLISTED_AT, greylistKey } from "./greylist-key.ts";
import { settleMigration } from "./settle-migration.ts";
import { testPlatform } from "./platform.ts";
import { settleClients } from "./settle-clients.ts";
import { settleKeys } from "./settle-keys.ts";
import { settleRoutes } from "./settle-routes.ts";
import { settlePeople } from "./settle-people.ts";
import { settleNotices } from "./settle-notices.ts";
import { settleWebhooks } from "./settle-webhooks.ts";
import { settleSignIn } from "./settle-sign-in.ts";
import { settleSharing } from "./settle-sharing.ts";
import { settleSearch } from "./search-world.ts";
import { settleSenderSafety } from "./sender-safety-world.ts";

/** One tenant with one of everything, and the ids of it. */
export interface Inhabitant {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly address: string;
  readonly slug: string;
  readonly domain: string;
  readonly mailboxId: MailboxId;
  readonly otherMailboxId: MailboxId;
  readonly emailId: EmailId;
  readonly threadId: ThreadId;
  readonly messageId: MessageId;
  readonly blobId: BlobId;
  readonly uploadId: string;
  /** a message that is held for them */
  readonly heldId: HeldId;
  /** a group of theirs, `team@…`, and one more address of their person */
  readonly groupId: string;
  readonly alias: string;
  /** a shared account of theirs, which their person manages, and its inbox */
  readonly sharedAccountId: AccountId;
  readonly sharedAddress: string;
  readonly sharedMailboxId: MailboxId;
  /** of the token of a web session */
  readonly tokenHash: Uint8Array;
  readonly verifier: string;
  /** mail of theirs that waits in the queue, and the lease on it */
  readonly submissionId: SubmissionId;
  readonly lease: Lease;
  /** a message of theirs, parsed and encrypted */
  readonly prepared: PreparedMessage;
}

export interface World extends AsyncDisposable {
  readonly db: Db;
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly victim: Inhabitant;
  readonly attacker: Inhabitant;
}

/** Mail to one recipient elsewhere. */
export function submissionOf(
  id: SubmissionId,
  accountId: AccountId,
  blobId: BlobId,
  mailFrom: string,
): NewSubmission {
  const to = {
    address: "x@elsewhere.test",
    domain: "elsewhere.test",
    notify: null,
    orcpt: null,
    smtpReply: null,
  };
  return {
    id,
    accountId,
    blobId,
    size: 10,
    mailFrom,
    eightBit: false,
    smtpUtf8: false,
    ret: null,
    envid: null,
    arrivedAt: 1.7e12,
    sendAt: 1.7e12,
    giveUpAt: 3e12,
    undoStatus: "pending",
    identityId: mailFrom,
    emailId: null,
    threadId: null,
    modseq: 2,
    recipients: [{ ...to, delivered: "queued" }],
  };
}

/** A second placement of the message, expunged. */
async function leaveExpunged(tx: TenantTx, accountId: AccountId, mailboxId: MailboxId): Promise<void> {
  const [copy] = await copyPlacements(tx, accountId, { mailboxId, uids: ALL_UIDS }, mailboxId);
  if (copy === undefined) throw new Error("there was nothing to copy");
  await expunge(tx, accountId, { mailboxId, uids: [{ lo: copy.to, hi: copy.to }] }, "all");
}

/** Two tenants that know each other's ids. */
export async function openWorld(): Promise<World> {
  const platform = await testPlatform();
  const { store, tenancy, db } = platform;
  const settle = async (slug: string): Promise<Inhabitant> => {
    const domain = `${slug}.test`;
    const tenantId = await platform.tenant(slug, domain);
    const person = await platform.person(`${slug}@${domain}`);
    const { accountId, address } = person;
    await addAppPassword(tenancy, address, ["imap"], slug);
    await db.tenant(tenantId, (tx) => insertRole(tx, accountId, "admin"));
    if (slug === "victim") await db.tenant(tenantId, (tx) => settleSignIn(tx, accountId, slug));
    if (slug === "victim") await db.tenant(tenantId, (tx) => settleClients(tx, accountId, slug));
    if (slug === "victim") await db.tenant(tenantId, (tx) => settleKeys(tx, accountId, slug));
    if (slug === "victim") await db.tenant(tenantId, settleWebhooks);
    if (slug === "victim") await db.tenant(tenantId, settleNotices);
    const boxes = await db.tenant(tenantId, (tx) => listMailboxes(tx, accountId));
    const [mailboxId, otherMailboxId] = [boxes[0]?.id, boxes[1]?.id];
    const text = `From: ${address}\r\nTo: ${address}\r\nSubject: of the ${slug}\r\nMessage-ID: <1@${domain}>\r\n\r\n${slug}\r\n`;
    const prepared = await prepareMessage(store, tenantId, sourceOf(new TextEncoder().encode(text)));
    const to = {
      mailbox: { role: "inbox" as const },
      flags: { bits: 8, keywords: ["$x"] },
      receivedAt: 1.7e12,
    };
    const [delivered] = await deliver(store, tenantId, prepared, [{ accountId, ...to }]);
    if (delivered?.outcome !== "delivered" || mailboxId === undefined || otherMailboxId === undefined)
      throw new Error("the world did not come about");
    const { emailId, threadId, messageId, blobId } = delivered;
    await db.tenant(tenantId, (tx) => leaveExpunged(tx, accountId, mailboxId));
    if (slug === "victim") await db.tenant(tenantId, (tx) => settleSearch(tx, messageId));
    const submissionId = SubmissionId.parse(newUuid(store.clock, store.random));
    await db.tenant(tenantId, (tx) =>
      insertSubmission(tx, submissionOf(submissionId, accountId, blobId, address)),
    );
    if (slug === "victim")
      await settleAccess(db, { tenantId, accountId, address, nonce: newUuid(store.clock, store.random) });
    if (slug === "victim") await settleSenderSafety(db, { tenantId, accountId, address, submissionId });
    const opening = { direction: "out", sender: address, messageId: null, size: 1, clientIp: null } as const;
    await db.tenant(tenantId, (tx) =>
      insertEvents(tx, [
        {
          traceId: TraceId.parse(submissionId),
          at: 1.7e12,
          kind: "queued",
          recipient: "x@elsewhere.test",
          opening,
        },
      ]),
    );
    const leases = await db.system("a test", (tx) =>
      leaseDue(tx, { now: Date.now(), until: Date.now() + 1e9, limit: 10 }),
    );
    const lease = leases.find((one) => one.tenantId === tenantId);
    if (lease === undefined) throw new Error("nothing was due");
    const [heldId] = await quarantineMessage(store, tenantId, prepared, {
      mailFrom: address,
      reasons: [{ code: "spam", detail: slug }],
      recipients: [{ accountId, address }],
      receivedAt: Date.now(),
    });
    if (heldId === undefined) throw new Error("nothing was held");
    const uploadId = newUuid(store.clock, store.random);
    await db.tenant(tenantId, (tx) =>
      insertUpload(tx, accountId, { id: uploadId, blobId, type: "text/plain", size: 1 }),
    );
    if (slug === "victim")
      await db.tenant(tenantId, (tx) =>
        settleMigration(tx, { uploadId, accountId, address, mailboxId, blobId }),
      );
    const keys = [greylistKey(tenantId)];
    await greylist(db, tenantId, { network: "192.0.2.0/24", senders: [], keys, now: GREYLISTED_AT });
    await db.tenant(tenantId, (tx) => insertSigningRows(tx, domain, uploadId));
    const token = await openWebSession(tenancy, person);
    const secret = new TextEncoder().encode(token.split(".")[1]);
    const tokenHash = new Uint8Array(await crypto.subtle.digest("SHA-256", secret));
    const note = { entry: "/shared/comment", isShared: true, value: new TextEncoder().encode(slug) };
    await db.tenant(tenantId, (tx) => setAnnotations(tx, { accountId, mailboxId }, accountId, [note]));
    const { groupId, alias } = await settleRoutes(db, { tenantId, accountId, address, submissionId });
    const shared = await settleSharing(platform, { tenantId, address, domain });
    const ids = {
      ...shared,
      groupId,
      alias,
      tenantId,
      accountId,
      mailboxId,
      otherMailboxId,
      emailId,
      threadId,
      messageId,
      blobId,
      uploadId,
      heldId,
    };
    const rest = { submissionId, lease, address, slug, domain, tokenHash, verifier: "random$x", prepared };
    const inhabitant = { ...ids, ...rest };
    if (slug === "victim") await db.tenant(tenantId, (tx) => settlePeople(tx, inhabitant));
    return inhabitant;
  };
  const victim = await settle("victim");
  const attacker = await settle("attacker");
  const { ownerUrl, appUrl } = platform.database;
  return {
    db,
    ownerUrl,
    appUrl,
    victim,
    attacker,
    [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
  };
}
