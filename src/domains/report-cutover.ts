import type { Resolver } from "../dns/index.ts";
import type { TenantId } from "../kernel/id.ts";
import { readCutover, type StoredCutover } from "./cutover.store.ts";
import {
  listDomainMail,
  listReportedSenders,
  listSampledSenders,
  type SampleRow,
  saveSenders,
  type SeenSender,
} from "./cutover-sender.store.ts";
import { type Cutovers, plannedSpf } from "./cutovers.ts";
import { isFailing, judgeSenders, type LookedSender } from "./judge-senders.ts";
import { readSample } from "./read-sample.ts";

/** Whether SPF lets an address send for a domain (RFC 7208). @param record in place of the domain's own; null: that one */
export type CheckSpf = (ip: string, domain: string, record: string | null) => Promise<boolean>;

export interface ReportCutoverDeps {
  readonly resolver: Resolver;
  readonly checkSpf: CheckSpf;
}

const DAY_MS = 86_400_000;
/** What is older says little about today. */
const SPAN_MS = 60 * DAY_MS;
const AGAIN_MS = 3_600_000;
/** Addresses that are looked at closely; the others have one message or two each. */
const LOOKED_MAX = 500;
const AT_ONCE = 10;
const MX_HOSTS_MAX = 10;
/** Of the latest messages of the agency so many are looked at, and of those in the domain's name so many are read. */
const MAIL_AMONG = 20_000;
const MAIL_MAX = 300;
const HEADER_MAX = 65_536;
/** Whoever sent nothing for so long sends no more. */
const OLD_MS = 365 * DAY_MS;

const sum = (list: readonly { readonly messages: number }[]): number =>
  list.reduce((total, one) => total + one.messages, 0);

/** Finds out who sends in the name of a domain, and what will become of their mail with the records as they are planned. May run twice.
 * @throws {MailError} unavailable */
export async function reportCutover(
  cutovers: Cutovers,
  deps: ReportCutoverDeps,
  tenantId: TenantId,
  domain: string,
): Promise<void> {
  const { db, clock } = cutovers.outbound.store;
  const now = clock();
  const found = await db.tenant(tenantId, async (tx) => ({
    cutover: await readCutover(tx, domain),
    reported: await listReportedSenders(tx, domain, now - SPAN_MS),
    sampled: await listSampledSenders(tx, domain),
  }));
  const { cutover, reported, sampled } = found;
  if (cutover === undefined) return;
  const planned = plannedSpf(cutovers, cutover);
  const old = await oldAddressesOf(deps.resolver, cutover);
  const mail = await senderOfMail(cutovers, tenantId, domain, old);
  const seen = [
    ...mail.map((one) => ({ ...one, from: "samples" as const })),
    ...reported.senders.map((one) => ({ ...one, from: "reports" as const })),
    ...sampled.map((one) => ({ ...one, from: "samples" as const })),
  ].toSorted((a, b) => b.messages - a.messages);
  const looked: LookedSender[] = [];
  for (let at = 0; at < Math.min(seen.length, LOOKED_MAX); at += AT_ONCE)
    looked.push(
      ...(await Promise.all(
        seen.slice(at, at + AT_ONCE).map((one) => lookAt(deps, domain, planned, old, one)),
      )),
    );
  const senders = judgeSenders(domain, looked);
  const counts = {
    senders: senders.length,
    failing: senders.filter(isFailing).length,
    messages: sum(senders),
    reports: reported.reports,
    samples: sum(sampled) + sum(mail),
  };
  await db.tenant(tenantId, (tx) =>
    saveSenders(tx, domain, senders, { counts, madeAt: now, nextAt: now + AGAIN_MS }),
  );
}

/** Who has sent the mail in the domain's name that people of the agency have: only the headers are looked at, and only the addresses of
 * servers, names and dates stay. */
async function senderOfMail(
  { outbound }: Cutovers,
  tenantId: TenantId,
  domain: string,
  old: ReadonlySet<string>,
): Promise<SeenSender[]> {
  const { db, vault, clock } = outbound.store;
  const list = await db.tenant(tenantId, (tx) =>
    listDomainMail(tx, domain, { among: MAIL_AMONG, limit: MAIL_MAX }),
  );
  const rows: SampleRow[] = [];
  for (const { blobId, size } of list) {
    const start = await vault
      .read(tenantId, blobId, { start: 0, end: Math.min(size, HEADER_MAX) })
      .catch(() => null);
    // A message may go while it is looked at.
    const read = start === null ? null : readSample(start, domain, old, clock());
    if (read?.ok === true && read.row.at > clock() - OLD_MS) rows.push(read.row);
  }
  return [...Map.groupBy(rows, (one) => one.ip)].map(([ip, own]): SeenSender => ({
    ip,
    host: own.find((one) => one.host !== "")?.host ?? "",
    messages: own.length,
    firstAt: Math.min(...own.map((one) => one.at)),
    lastAt: Math.max(...own.map((one) => one.at)),
    signedBy: [...new Set(own.flatMap((one) => one.signedBy))],
    mailFrom: [...new Set(own.flatMap((one) => (one.mailFrom === "" ? [] : [one.mailFrom])))],
    dkimAligned: null,
    spfAligned: null,
  }));
}

async function lookAt(
  { resolver, checkSpf }: ReportCutoverDeps,
  domain: string,
  planned: string,
  old: ReadonlySet<string>,
  one: SeenSender & Pick<LookedSender, "from">,
): Promise<LookedSender> {
  const senders = one.mailFrom.map((name) => name.toLowerCase());
  const below = senders.find((name) => name.endsWith(`.${domain}`));
  // Nobody says what the sender of the envelope was: as if it were the domain.
  const isOwn = senders.length === 0 || senders.includes(domain);
  const checks = async (record: string | null): Promise<boolean> => {
    if (isOwn) return checkSpf(one.ip, domain, record);
    return below !== undefined && checkSpf(one.ip, below, null);
  };
  const [reverse, spfNow, spfAfter] = await Promise.all([
    reverseOf(resolver, one.ip),
    checks(null),
    checks(planned),
  ]);
  return { ...one, reverse, spfNow, spfAfter, isOldServer: old.has(one.ip) };
}

/** A name of an address that leads back to it: anybody may claim any other. */
async function reverseOf(resolver: Resolver, ip: string): Promise<string | null> {
  try {
    const [first] = await resolver.ptr(ip);
    if (first === undefined) return null;
    const name = first.toLowerCase().replace(/\.$/, "");
    const back = await (ip.includes(":") ? resolver.aaaa(name) : resolver.a(name));
    return back.includes(ip) ? name : null;
  } catch {
    return null; // it is only a name
  }
}

/** The servers that the mail moves away from: the one that was named, and those of the MX as it was. */
async function oldAddressesOf(
  resolver: Resolver,
  { before, oldAddresses }: StoredCutover,
): Promise<ReadonlySet<string>> {
  const hosts = before.flatMap(({ type, value }) => (type === "MX" ? [value.replace(/^\d+ /, "")] : []));
  const answers = await Promise.allSettled(
    hosts.slice(0, MX_HOSTS_MAX).flatMap((host) => [resolver.a(host), resolver.aaaa(host)]),
  );
  return new Set([
    ...oldAddresses,
    ...answers.flatMap((one) => (one.status === "fulfilled" ? [...one.value] : [])),
  ]);
}
