import { MailError } from "../kernel/error.ts";
import type { MailboxId, TenantId } from "../kernel/id.ts";
import type { Log } from "../kernel/ports.ts";
import {
  ALL_UIDS,
  expunge,
  insertMailbox,
  listMailboxes,
  listPlacements,
  type Mailstore,
  movePlacements,
  type Placement,
  readMessages,
} from "../mailstore/index.ts";
import { HOUSE_TENANT, type HouseMailbox, type Tenancy } from "../tenants/index.ts";
import { reportParts } from "./report-parts.ts";
import { type ReadReport, readReport } from "./read-report.ts";
import { insertDmarcReport, insertTlsReport } from "./received-report.store.ts";
import { readBounce } from "./read-bounce.ts";
import { upsertReportBounces } from "./sent-report.store.ts";

export interface ReportMailDeps {
  readonly store: Mailstore;
  readonly tenancy: Tenancy;
  readonly log: Log;
}

/** Mailboxes where mail for the addresses of the reports comes in: also what a filter took for spam. */
const ROLES: ReadonlySet<string | null> = new Set(["inbox", "junk"]);
/** What is no report that we can read, or none about a domain here, is kept here as it came. */
const KEPT = "Not read";
const KEPT_MS = 90 * 86_400_000;
const BATCH = 50;

type Outcome = "filed" | "bounce" | "kept";

/** Reads what has come in for the addresses of the reports, and files it with the tenants whose domains it is about. Each message is taken
 * out of the inbox after what it says is committed: a process that dies in between reads it again, and it counts once.
 * @returns how many messages became what @throws {MailError} unavailable */
export async function fileReportMail(
  deps: ReportMailDeps,
  { accountId }: HouseMailbox,
  stopping: AbortSignal,
): Promise<Readonly<Record<Outcome, number>>> {
  const { db, clock } = deps.store;
  const counts = { filed: 0, bounce: 0, kept: 0 };
  const boxes = await db.tenant(HOUSE_TENANT, (tx) => listMailboxes(tx, accountId));
  const kept =
    boxes.find((box) => box.name === KEPT) ??
    (await db.tenant(HOUSE_TENANT, (tx) => insertMailbox(tx, accountId, { name: KEPT, parentId: null })));
  for (const box of boxes.filter((one) => ROLES.has(one.role))) {
    for (;;) {
      if (stopping.aborted) return counts;
      const some = await db.tenant(HOUSE_TENANT, (tx) => listPlacements(tx, box.id, ALL_UIDS, BATCH));
      for (const placement of some) {
        if (stopping.aborted) return counts;
        const outcome = await fileOne(deps, placement).catch((error: unknown): Outcome => {
          if (error instanceof MailError && error.code === "unavailable") throw error;
          // One message that nobody expected must not keep the others from being read.
          deps.log.error("report_failed", { error, messageId: placement.messageId });
          return "kept";
        });
        counts[outcome] += 1;
        const from = { mailboxId: box.id, uids: [{ lo: placement.uid, hi: placement.uid }] };
        await db.tenant(HOUSE_TENANT, async (tx): Promise<void> => {
          if (outcome === "kept") await movePlacements(tx, accountId, from, kept.id);
          else await expunge(tx, accountId, from, "all");
        });
      }
      if (some.length < BATCH) break;
    }
  }
  await forget(deps, accountId, kept.id, clock() - KEPT_MS);
  return counts;
}

async function forget(
  { store }: ReportMailDeps,
  accountId: HouseMailbox["accountId"],
  mailboxId: MailboxId,
  before: number,
): Promise<void> {
  const some = await store.db.tenant(HOUSE_TENANT, (tx) => listPlacements(tx, mailboxId, ALL_UIDS, 1_000));
  const uids = some.filter((one) => one.savedAt < before).map(({ uid }) => ({ lo: uid, hi: uid }));
  if (uids.length > 0)
    await store.db.tenant(HOUSE_TENANT, (tx) => expunge(tx, accountId, { mailboxId, uids }, "all"));
}

async function fileOne(deps: ReportMailDeps, { messageId }: Placement): Promise<Outcome> {
  const { store, log } = deps;
  const message = await store.db.tenant(HOUSE_TENANT, async (tx) =>
    (await readMessages(tx, [messageId])).get(messageId),
  );
  if (message === undefined) return "kept";
  const open = { vault: store.vault, tenantId: HOUSE_TENANT, blobId: message.blobId };
  const bounced = await readBounce(open, message.structure.root);
  if (bounced !== null) {
    await store.db.tenant(HOUSE_TENANT, (tx) =>
      upsertReportBounces(
        tx,
        bounced.map((address) => `mailto:${address.toLowerCase()}`),
        store.clock(),
      ),
    );
    log.info("report_bounced", { targets: bounced.length });
    return "bounce";
  }
  for await (const part of reportParts(open, message.structure.root)) {
    const found = readReport(part);
    if (found !== null && (await fileReport(deps, found))) return "filed";
  }
  log.info("report_not_read", { messageId });
  return "kept";
}

/** @returns false: it is about no domain of anybody here */
async function fileReport(deps: ReportMailDeps, found: ReadReport): Promise<boolean> {
  const { store, tenancy, log } = deps;
  const domains =
    found.kind === "dmarc" ? [found.report.domain] : found.reports.map((report) => report.domain);
  // Whose domain it is decides who sees the report, not where it was sent to.
  const owners = await tenancy.domains.tenantsOf(domains);
  const now = store.clock();
  const file = async (domain: string, tenantId: TenantId): Promise<void> => {
    const isNew = await store.db.tenant(tenantId, async (tx) => {
      if (found.kind === "dmarc") return insertDmarcReport(tx, found.report, now);
      const report = found.reports.find((one) => one.domain === domain);
      return report !== undefined && insertTlsReport(tx, report, now);
    });
    log.info("report_filed", { kind: found.kind, domain, tenantId, isNew });
  };
  for (const [domain, tenantId] of owners) await file(domain, tenantId);
  return owners.size > 0;
}
