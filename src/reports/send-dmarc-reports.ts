import { newUuid } from "../kernel/uuid.ts";
import {
  type DmarcRecord,
  printDmarcReport,
  type ReportTarget,
  reportTargets,
} from "../protocol/dmarc-report/index.ts";
import { HOUSE_TENANT } from "../tenants/index.ts";
import { deleteDmarcResults, listDmarcDays, readDmarcResults } from "./dmarc-result.store.ts";
import { finishReport, type ReportSenderDeps, sendReport, textsOf } from "./report-sender.ts";
import { deleteOldSentReports } from "./sent-report.store.ts";

const DAY_MS = 86_400_000;
/** A report that could not be sent for so long is not sent any more. */
const KEPT_DAYS = 3;
const BATCH = 100;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Sends what was counted on days that are over to the domains that ask for it. A domain of which all that came failed gets nothing:
 * that is mail of others in its name, and answering it is what spoils an address. What DNS can't answer now is tried at the next run.
 * @throws {MailError} unavailable */
export async function sendDmarcReports(deps: ReportSenderDeps, stopping: AbortSignal): Promise<number> {
  const { db, clock } = deps.outbound.store;
  const now = clock();
  const oldest = dayOf(now - KEPT_DAYS * DAY_MS);
  await db.tenant(HOUSE_TENANT, async (tx) => {
    await deleteDmarcResults(tx, oldest);
    await deleteOldSentReports(tx, dayOf(now - 100 * DAY_MS));
  });
  let sent = 0;
  const later = new Set<string>();
  for (;;) {
    const limit = BATCH + later.size;
    const some = await db.tenant(HOUSE_TENANT, (tx) => listDmarcDays(tx, dayOf(now), limit));
    const fresh = some.filter(({ day, domain }) => !later.has(`${day} ${domain}`));
    if (fresh.length === 0) return sent;
    for (const { day, domain, passed } of fresh) {
      if (stopping.aborted) return sent;
      const count = passed === 0 ? 0 : await reportDay(deps, day, domain);
      if (count === null) later.add(`${day} ${domain}`);
      else {
        sent += count;
        await finishReport(deps, { kind: "dmarc", day, domain });
      }
    }
  }
}

/** @returns how many targets got it; null: DNS has no answer now */
async function reportDay(deps: ReportSenderDeps, day: string, domain: string): Promise<number | null> {
  const { store } = deps.outbound;
  const texts = await textsOf(deps, `_dmarc.${domain}`);
  if (texts === undefined) return null;
  const asked = texts
    .flatMap((text) => reportTargets(text, "DMARC1"))
    .filter(({ kind }) => kind === "mailto");
  const targets: ReportTarget[] = [];
  for (const target of asked) {
    const mayGo = await isWanted(deps, domain, target.to);
    if (mayGo === undefined) return null;
    if (mayGo) targets.push(target);
  }
  if (targets.length === 0) return 0;
  const results = await store.db.tenant(HOUSE_TENANT, (tx) => readDmarcResults(tx, day, domain));
  const [first] = results;
  if (first === undefined) return 0;
  const begin = Date.parse(`${day}T00:00:00Z`) / 1000;
  const head = {
    domain,
    begin,
    end: begin + DAY_MS / 1000 - 1,
    reportId: newUuid(store.clock, store.random),
  };
  const text = printDmarcReport({
    ...head,
    org: deps.house.domain,
    email: `${deps.senderLocal}@${deps.house.domain}`,
    policy: first.policy,
    records: results.map(({ record, messages }): DmarcRecord & { messages: number } => ({
      ...record,
      messages,
    })),
  });
  return (await sendReport(deps, { ...head, kind: "dmarc", day, text }, targets)).sent;
}

const isRelated = (a: string, b: string): boolean => a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`);

/** A target elsewhere must say itself that it takes reports about the domain (RFC 7489 §7.1), else anybody could have anybody flooded.
 * Deviation: siblings below one organizational domain must say so too, since no list of public suffixes is asked.
 * @returns undefined: DNS has no answer now */
async function isWanted(
  deps: ReportSenderDeps,
  domain: string,
  address: string,
): Promise<boolean | undefined> {
  const host = address.slice(address.lastIndexOf("@") + 1);
  if (isRelated(host, domain)) return true;
  const texts = await textsOf(deps, `${domain}._report._dmarc.${host}`);
  return texts?.some((text) => /^v\s*=\s*DMARC1\s*(;|$)/.test(text.trim()));
}
