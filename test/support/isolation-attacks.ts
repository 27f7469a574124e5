import { findBlob, findBlobs, findStoredBlob, insertBlob } from "../../src/blob/blob.store.ts";
import { insertTenantKey, listTenantKeys } from "../../src/blob/tenant-key.store.ts";
import { BlobId } from "../../src/kernel/id.ts";
import { commitFilings } from "../../src/mailstore/deliver.store.ts";
import * as mail from "../../src/mailstore/index.ts";
import * as identity from "../../src/outbound/identity.store.ts";
import * as queue from "../../src/outbound/queue.store.ts";
import * as submission from "../../src/outbound/submission.store.ts";
import { readMailPolicy, upsertMailPolicy } from "../../src/tenants/mail-policy.store.ts";
import * as account from "../../src/tenants/account.store.ts";
import { insertAudit } from "../../src/tenants/audit.store.ts";
import * as credential from "../../src/tenants/credential.store.ts";
import { insertDomain, listDomains } from "../../src/tenants/domain.store.ts";
import { insertTenant, readTenant } from "../../src/tenants/tenant.store.ts";
import { type Attack, nothing, own, throws } from "./attack.ts";
import { CLIENTS_SYSTEM, clientsAttacks } from "./clients-attacks.ts";
import { VERIFICATION_SYSTEM, verificationAttacks } from "./verification-attacks.ts";
import { PEOPLE_SYSTEM, peopleAttacks } from "./people-attacks.ts";
import { ACCESS_SYSTEM, accessAttacks } from "./access-attacks.ts";
import { greylistAttacks } from "./greylist-attacks.ts";
import { historyAttacks } from "./history-attacks.ts";
import { imapExtrasAttacks } from "./imap-extras-attacks.ts";
import { KEY_SYSTEM, keyAttacks } from "./key-attacks.ts";
import { maildropAttacks } from "./maildrop-attacks.ts";
import { routeAttacks } from "./route-attacks.ts";
import {
  QUARANTINE_FRAGMENTS,
  QUARANTINE_SYSTEM_FUNCTIONS,
  quarantineAttacks,
} from "./quarantine-attacks.ts";
import { OWN_DOMAIN_SYSTEM, ownDomainAttacks } from "./own-domain-attacks.ts";
import { queueAdminAttacks } from "./queue-admin-attacks.ts";
import { SEARCH_SYSTEM, searchAttacks } from "./search-attacks.ts";
import { sharingAttacks } from "./sharing-attacks.ts";
import { SENDER_SAFETY_SYSTEM, senderSafetyAttacks } from "./sender-safety-attacks.ts";
import { SIGN_IN_SYSTEM, signInAttacks } from "./sign-in-attacks.ts";
import { SIGNING_SYSTEM_FUNCTIONS, signingAttacks } from "./signing-attacks.ts";
import { MIGRATION_SYSTEM, migrationAttacks } from "./migration-attacks.ts";
import { NOTICE_SYSTEM, noticeAttacks } from "./notice-attacks.ts";
import { WEBHOOK_SYSTEM, webhookAttacks } from "./webhook-attacks.ts";
import { viewAttacks } from "./view-attacks.ts";
import { type Inhabitant, submissionOf } from "./isolation-world.ts";

const query = (v: Inhabitant): mail.EmailQuery => ({
  filter: { inMailbox: v.mailboxId },
  sort: [],
  collapseThreads: false,
  position: 0,
  limit: 10,
});
const uids = mail.ALL_UIDS;
const inbox = (v: Inhabitant) => ({ mailboxId: v.mailboxId, uids });
const signature = (v: Inhabitant): identity.Identity => ({
  address: v.address,
  name: "stolen",
  replyTo: null,
  bcc: null,
  textSignature: "",
  htmlSignature: "",
});
const into = (v: Inhabitant): mail.Delivery => ({
  accountId: v.accountId,
  mailbox: { id: v.mailboxId },
  flags: { bits: 0, keywords: [] },
  receivedAt: 1.7e12,
});
const everything = { is: "all" as const, of: [] };
const flags = { op: "replace" as const, bits: 1, keywords: ["$stolen"] };

/** They run as `angelia_system`, which may read what migrations grant it: names of tenants and domains, and the queue. */
export const SYSTEM_FUNCTIONS: readonly string[] = [
  "history/history#purgeHistory",
  "outbound/greylist#purgeGreylist",
  "jobs/job#finishJob",
  "mailstore/modseq#listChangedModseqs",
  "mailstore/spooled#forgetSpooled",
  "outbound/suppression#forgetRecipientFailures",
  "jobs/job#leaseJob",
  "jobs/job#renewJob",
  "jobs/job#registerJobs",
  "outbound/mta-sts#deleteExpiredStsPolicies",
  "outbound/mta-sts#listStsDomains",
  "outbound/mta-sts#readStsPolicy",
  "outbound/mta-sts#upsertStsPolicy",
  "outbound/queue#extendLeases",
  "outbound/queue-admin#listQueueingTenants",
  "outbound/queue#leaseDue",
  "outbound/queue#nextDue",
  "outbound/queue#returnLeases",
  "outbound/tls-result#deleteTlsResults",
  "outbound/tls-result#listTlsResults",
  "outbound/tls-result#recordTlsResults",
  "tenants/domain#findProvenDomains",
  "tenants/tenant#findTenantBySlug",
  "tenants/tenant#listTenants",
  ...SEARCH_SYSTEM,
  ...OWN_DOMAIN_SYSTEM,
  ...SIGNING_SYSTEM_FUNCTIONS,
  ...SENDER_SAFETY_SYSTEM,
  ...ACCESS_SYSTEM,
  ...PEOPLE_SYSTEM,
  ...VERIFICATION_SYSTEM,
  ...KEY_SYSTEM,
  ...SIGN_IN_SYSTEM,
  ...CLIENTS_SYSTEM,
  ...WEBHOOK_SYSTEM,
  ...MIGRATION_SYSTEM,
  ...NOTICE_SYSTEM,
  ...QUARANTINE_SYSTEM_FUNCTIONS,
];

/** They give a piece of a query, and ask nothing themselves. */
export const FRAGMENTS: readonly string[] = [
  "mailstore/uid-in#uidIn",
  "tenants/target#onPage",
  ...QUARANTINE_FRAGMENTS,
];

/** One line for every function of every `*.store.ts`; a test compares this table with what is there. */
export const attacks: Readonly<Record<string, Attack>> = {
  ...queueAdminAttacks,
  ...ownDomainAttacks,
  ...searchAttacks,
  ...accessAttacks,
  ...peopleAttacks,
  ...verificationAttacks,
  ...keyAttacks,
  ...greylistAttacks,
  ...historyAttacks,
  ...signingAttacks,
  ...senderSafetyAttacks,
  ...signInAttacks,
  ...clientsAttacks,
  ...webhookAttacks,
  ...migrationAttacks,
  ...noticeAttacks,
  ...routeAttacks,
  ...sharingAttacks,
  ...quarantineAttacks,
  ...viewAttacks,
  ...imapExtrasAttacks,
  ...maildropAttacks,
  "blob/blob#findBlob": nothing((_tx, v, self, db) => findBlob(db, self.tenantId, v.blobId, 0, 100)),
  "blob/blob#findBlobs": nothing((_tx, v, self, db) => findBlobs(db, self.tenantId, [v.blobId])),
  "blob/blob#findStoredBlob": nothing((tx, v) => findStoredBlob(tx, v.blobId)),
  "blob/blob#insertBlob": own((tx, v) =>
    insertBlob(tx, { ...v.prepared.blob, id: BlobId.parse(v.uploadId) }),
  ),
  "blob/tenant-key#insertTenantKey": own((tx, v) =>
    insertTenantKey(tx, { id: v.messageId, wrappedKey: new Uint8Array(60) }),
  ),
  "blob/tenant-key#listTenantKeys": own(async (tx) => (await listTenantKeys(tx)).length),

  "mailstore/deliver#commitFilings": own(async (_tx, v, self, db) => {
    const filing = { message: v.prepared, deliveries: [into(v)], options: {} };
    const outcomes = await commitFilings(db, self.tenantId, [filing, filing]);
    return outcomes.flat().map((one) => one.outcome === "no_account");
  }),
  "mailstore/deliver#insertDeliveries": own(async (tx, v) => {
    const outcomes = await mail.insertDeliveries(tx, v.prepared, [into(v)]);
    return outcomes.map((one) => one.outcome === "no_account");
  }),
  "mailstore/email#countEmails": nothing((tx, v) => mail.countEmails(tx, v.accountId, {}, false)),
  "mailstore/email#countThreads": nothing((tx, v) => mail.countThreads(tx, v.accountId)),
  "mailstore/email#listEmailChanges": nothing((tx, v) => mail.listEmailChanges(tx, v.accountId, 0, 10)),
  "mailstore/email#queryEmails": nothing((tx, v) => mail.queryEmails(tx, v.accountId, query(v))),
  "mailstore/email#readEmails": nothing((tx, v) => mail.readEmails(tx, v.accountId, [v.emailId])),
  "mailstore/email#readThreads": nothing((tx, v) => mail.readThreads(tx, v.accountId, [v.threadId])),
  "mailstore/email#setEmailFlags": throws((tx, v) =>
    mail.setEmailFlags(tx, v.accountId, v.emailId, { bits: 1, keywords: [] }),
  ),
  "mailstore/email#setEmailMailboxes": throws((tx, v) =>
    mail.setEmailMailboxes(tx, v.accountId, v.emailId, [v.otherMailboxId]),
  ),

  "mailstore/mailbox#deleteMailbox": throws((tx, v) =>
    mail.deleteMailbox(tx, v.accountId, v.mailboxId, true),
  ),
  "mailstore/mailbox#insertMailbox": throws((tx, v, self) =>
    mail.insertMailbox(tx, self.accountId, { name: "below", parentId: v.mailboxId }),
  ),
  "mailstore/mailbox#listMailboxChanges": nothing(async (tx, v) => {
    const { created, updated, destroyed } = await mail.listMailboxChanges(tx, v.accountId, 0, 10);
    return [created, updated, destroyed];
  }),
  "mailstore/mailbox#listMailboxes": nothing((tx, v) => mail.listMailboxes(tx, v.accountId)),
  "mailstore/mailbox#readMailbox": throws((tx, v) => mail.readMailbox(tx, v.accountId, v.mailboxId)),
  "mailstore/mailbox#readMailboxByRole": throws((tx, v) => mail.readMailboxByRole(tx, v.accountId, "inbox")),
  "mailstore/mailbox#updateMailbox": throws((tx, v, self) =>
    mail.updateMailbox(tx, self.accountId, v.otherMailboxId, { name: "mine" }),
  ),

  "mailstore/message#findEmailBlob": nothing((tx, v) => mail.findEmailBlob(tx, v.accountId, v.emailId)),
  "mailstore/message#readMessages": nothing((tx, v) => mail.readMessages(tx, [v.messageId])),
  "mailstore/modseq#bumpModseq": throws((tx, v) => mail.bumpModseq(tx, v.accountId)),
  "mailstore/modseq#readModseq": throws((tx, v) => mail.readModseq(tx, v.accountId)),
  "mailstore/modseq#readQuota": throws((tx, v) => mail.readQuota(tx, v.accountId)),

  "mailstore/spooled#claimSpooled": own((tx, v) => mail.claimSpooled(tx, v.blobId, 1)),
  "mailstore/move-emails#moveEmails": nothing((tx, v, self) =>
    mail.moveEmails(tx, self.accountId, [v.emailId], v.mailboxId, self.otherMailboxId),
  ),
  "mailstore/placement#copyPlacements": nothing((tx, v, self) =>
    mail.copyPlacements(tx, self.accountId, inbox(v), self.otherMailboxId),
  ),
  "mailstore/placement#expunge": nothing((tx, v, self) => mail.expunge(tx, self.accountId, inbox(v), "all")),
  "mailstore/placement#listPlacements": nothing((tx, v) => mail.listPlacements(tx, v.mailboxId, uids)),
  "mailstore/placement#movePlacements": nothing((tx, v, self) =>
    mail.movePlacements(tx, self.accountId, inbox(v), self.otherMailboxId),
  ),
  "mailstore/placement#storeFlags": nothing((tx, v, self) =>
    mail.storeFlags(tx, self.accountId, { emailIds: [v.emailId] }, flags),
  ),

  "mailstore/placement-search#countPlacements": nothing((tx, v) =>
    mail.countPlacements(tx, v.mailboxId, everything),
  ),
  "mailstore/placement-search#searchUids": nothing((tx, v) => mail.searchUids(tx, v.mailboxId, everything)),

  "mailstore/thread#listThreadChanges": nothing(async (tx, v) => {
    const { created, updated, destroyed } = await mail.listThreadChanges(tx, v.accountId, 0, 10);
    return [created, updated, destroyed];
  }),

  "mailstore/upload#deleteUpload": nothing((tx, v) => mail.deleteUpload(tx, v.accountId, v.uploadId)),
  "mailstore/upload#findUpload": nothing((tx, v) => mail.findUpload(tx, v.accountId, v.uploadId)),
  "mailstore/upload#insertUpload": own((tx, v) =>
    mail.insertUpload(tx, v.accountId, { id: v.uploadId, blobId: v.blobId, type: "a/b", size: 1 }),
  ),

  "outbound/identity#listIdentities": nothing((tx, v) => identity.listIdentities(tx, v.accountId)),
  "outbound/identity#upsertIdentity": throws((tx, v) =>
    identity.upsertIdentity(tx, v.accountId, signature(v)),
  ),
  "outbound/queue#beginAttempts": nothing(async (tx, v) => [
    ...(await queue.beginAttempts(tx, [v.lease])).values(),
  ]),
  "outbound/queue#claimDeliveries": own(
    async (tx, v) => (await queue.claimDeliveries(tx, v.submissionId, [v.accountId], 1)).size,
  ),
  "outbound/queue#recordAttempt": nothing((tx, v) =>
    queue.recordAttempt(tx, v.lease, { submissionId: v.submissionId, updates: [], next: null, at: 1 }),
  ),
  "outbound/queue#recordRelayed": nothing((tx, v) =>
    queue.recordRelayed(
      tx,
      [
        {
          lease: v.lease,
          submissionId: v.submissionId,
          accountId: v.accountId,
          n: 1,
          smtpReply: "250 ok",
          remoteMta: null,
        },
      ],
      1,
    ),
  ),
  "outbound/queue#releaseDeliveries": nothing((tx, v) =>
    queue.releaseDeliveries(tx, v.submissionId, [v.accountId]),
  ),
  "outbound/queue#touchSubmission": nothing((tx, v) => queue.touchSubmission(tx, v.submissionId, 99)),
  "outbound/submission#cancelSubmission": nothing((tx, v) =>
    submission.cancelSubmission(tx, v.accountId, v.submissionId, 99),
  ),
  "outbound/submission#insertSubmission": own((tx, v, self) =>
    submission.insertSubmission(tx, submissionOf(v.submissionId, self.accountId, self.blobId, self.address)),
  ),
  "outbound/submission#listSubmissionChanges": nothing(async (tx, v) => {
    const { created, updated } = await submission.listSubmissionChanges(tx, v.accountId, 0);
    return [created, updated];
  }),
  "outbound/submission#listSubmissions": nothing((tx, v) =>
    submission.listSubmissions(tx, v.accountId, { position: 0, limit: 9 }),
  ),
  "outbound/submission#lockAccounts": nothing((tx, v) => submission.lockAccounts(tx, [v.accountId])),
  "outbound/submission#readSubmissions": nothing((tx, v) =>
    submission.readSubmissions(tx, v.accountId, [v.submissionId]),
  ),

  "tenants/account#findAccounts": nothing((tx, v) => account.findAccounts(tx, [v.address])),
  "tenants/account#findTakenAddresses": nothing((tx, v) => account.findTakenAddresses(tx, [v.address])),
  "tenants/account#insertAccounts": throws((tx, v) =>
    account.insertAccounts(tx, [
      { id: v.accountId, address: "x@attacker.test", name: "", quotaBytes: 1, locale: "en", verifier: null },
      { id: v.accountId, address: "y@attacker.test", name: "", quotaBytes: 1, locale: "en", verifier: null },
    ]),
  ),
  "tenants/account#insertAliases": throws((tx, v) =>
    account.insertAliases(tx, v.accountId, ["z@attacker.test"]),
  ),
  "tenants/account#insertRole": throws((tx, v) => account.insertRole(tx, v.accountId, "owner")),
  "tenants/account#listAccounts": own((tx) => account.listAccounts(tx)),
  "tenants/account#listSenderAddresses": nothing((tx, v) => account.listSenderAddresses(tx, v.accountId)),
  "tenants/account#readAccount": throws((tx, v) => account.readAccount(tx, v.accountId)),
  "tenants/audit#insertAudit": own((tx) => insertAudit(tx, { actor: "a", action: "b.c", subject: "" })),
  "tenants/credential#insertAppPassword": throws((tx, v) =>
    credential.insertAppPassword(tx, v.accountId, {
      verifier: v.verifier,
      scopes: ["imap"],
      label: "",
      scram: null,
    }),
  ),
  "tenants/credential#upsertPassword": throws((tx, v) =>
    credential.upsertPassword(tx, v.accountId, v.verifier, null),
  ),
  // Claiming a domain is no proof; proving one that another tenant has proven is refused.
  "tenants/domain#insertDomain": throws(async (tx, v) => {
    await insertDomain(tx, v.domain, false);
    await insertDomain(tx, v.domain, true);
  }),
  "tenants/domain#listDomains": own((tx) => listDomains(tx)),
  "tenants/mail-policy#readMailPolicy": own((tx) => readMailPolicy(tx)),
  "tenants/mail-policy#upsertMailPolicy": own((tx) => upsertMailPolicy(tx, { digest: "never" })),
  "tenants/tenant#insertTenant": throws((tx, v) =>
    insertTenant(tx, { slug: v.slug, name: "mine now", kind: "agency" }),
  ),
  "tenants/tenant#readTenant": own((tx) => readTenant(tx)),
};
