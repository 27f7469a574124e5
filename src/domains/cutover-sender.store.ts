import type { CutoverSender } from "../contract/cutover.ts";
import type { TenantTx } from "../db/index.ts";
import type { BlobId } from "../kernel/id.ts";
import type { CutoverCounts } from "./cutover.store.ts";

/** One IP address that sends mail in the name of a domain. Times are milliseconds since the epoch. */
export interface SeenSender {
  readonly ip: string;
  /** as it named itself; "" when nobody says */
  readonly host: string;
  readonly messages: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly signedBy: readonly string[];
  readonly mailFrom: readonly string[];
  /** messages that passed by a signature of the domain, and by SPF with a sender of the domain, where others have judged that; null: look
   * at `signedBy` and `mailFrom` */
  readonly dkimAligned: number | null;
  readonly spfAligned: number | null;
}

const at = (ms: number): string => new Date(ms).toISOString();
const SENDERS_MAX = 2_000;

/** Who sends in the name of a domain, as the DMARC reports of others say. @param since milliseconds since the epoch */
export async function listReportedSenders(
  tx: TenantTx,
  domain: string,
  since: number,
): Promise<{ readonly reports: number; readonly senders: readonly SeenSender[] }> {
  const [count] = await tx<{ reports: number }[]>`
    select count(*)::int as reports from received_dmarc_reports
    where tenant_id = ${tx.tenantId} and domain = ${domain} and begins_at >= ${at(since)}`;
  const senders = await tx<SeenSender[]>`
    select s.ip, '' as host, sum(s.messages)::int as messages, (extract(epoch from min(r.begins_at)) * 1000)::float8 as "firstAt",
      (extract(epoch from max(r.ends_at)) * 1000)::float8 as "lastAt",
      (select coalesce(array_agg(distinct x), '{}') from unnest(string_to_array(
        nullif(string_agg(nullif(array_to_string(s.signed_by, ' '), ''), ' '), ''), ' ')) x) as "signedBy",
      coalesce(array_agg(distinct s.mail_from) filter (where s.mail_from <> ''), '{}') as "mailFrom",
      coalesce(sum(s.messages) filter (where s.dkim_aligned), 0)::int as "dkimAligned",
      coalesce(sum(s.messages) filter (where s.spf_aligned), 0)::int as "spfAligned"
    from received_dmarc_reports r join received_dmarc_sources s on s.tenant_id = r.tenant_id and s.report = r.id
    where r.tenant_id = ${tx.tenantId} and r.domain = ${domain} and r.begins_at >= ${at(since)}
    group by s.ip order by sum(s.messages) desc, s.ip limit ${SENDERS_MAX}`;
  return { reports: count?.reports ?? 0, senders };
}

/** What one sample says. */
export interface SampleRow {
  readonly ip: string;
  readonly host: string;
  readonly mailFrom: string;
  /** in the order of their names */
  readonly signedBy: readonly string[];
  readonly at: number;
}

/** Counts samples; of a domain that is not being moved, nothing. */
export async function addSamples(tx: TenantTx, domain: string, samples: readonly SampleRow[]): Promise<void> {
  for (const { ip, host, mailFrom, signedBy, at: seenAt } of samples)
    await tx`
      insert into cutover_samples as s (tenant_id, domain, ip, host, mail_from, signed_by, messages, first_at, last_at)
      select c.tenant_id, c.domain, ${ip}, ${host}, ${mailFrom}, ${[...signedBy]}::text[], 1, ${at(seenAt)}::timestamptz,
        ${at(seenAt)}::timestamptz
      from domain_cutovers c where c.tenant_id = ${tx.tenantId} and c.domain = ${domain}
      on conflict (tenant_id, domain, ip, mail_from, signed_by) do update set messages = s.messages + 1,
        host = case when excluded.host = '' then s.host else excluded.host end,
        first_at = least(s.first_at, excluded.first_at), last_at = greatest(s.last_at, excluded.last_at)`;
  await tx`update domain_cutovers set report_wanted_at = least(report_wanted_at, now())
    where tenant_id = ${tx.tenantId} and domain = ${domain}`;
}

/** The samples by address. */
export async function listSampledSenders(tx: TenantTx, domain: string): Promise<SeenSender[]> {
  return tx<SeenSender[]>`
    select ip, max(host) as host, sum(messages)::int as messages, (extract(epoch from min(first_at)) * 1000)::float8 as "firstAt",
      (extract(epoch from max(last_at)) * 1000)::float8 as "lastAt",
      (select coalesce(array_agg(distinct x), '{}') from unnest(string_to_array(
        nullif(string_agg(nullif(array_to_string(signed_by, ' '), ''), ' '), ''), ' ')) x) as "signedBy",
      coalesce(array_agg(distinct mail_from) filter (where mail_from <> ''), '{}') as "mailFrom",
      null::int as "dkimAligned", null::int as "spfAligned"
    from cutover_samples where tenant_id = ${tx.tenantId} and domain = ${domain} group by ip order by ip limit ${SENDERS_MAX}`;
}

/** A message that somebody of the tenant has, by its raw form. */
export interface DomainMail {
  readonly blobId: BlobId;
  readonly size: number;
}

/** Mail in the name of a domain among the latest that the tenant has, old mail that was brought in too. Its list of senders may name others
 * beside: what the header says decides. @param among so many messages are looked at */
export async function listDomainMail(
  tx: TenantTx,
  domain: string,
  { among, limit }: { readonly among: number; readonly limit: number },
): Promise<DomainMail[]> {
  return tx<DomainMail[]>`
    select blob_id as "blobId", size::int as size from (
      select id, blob_id, size, sender from messages where tenant_id = ${tx.tenantId} order by id desc limit ${among}) m
    where strpos(lower(m.sender), ${`@${domain}`}) > 0 or strpos(lower(m.sender), ${`.${domain}`}) > 0
    order by id desc limit ${limit}`;
}

/** Puts a report in the place of the one before. */
export async function saveSenders(
  tx: TenantTx,
  domain: string,
  senders: readonly CutoverSender[],
  {
    counts,
    madeAt,
    nextAt,
  }: { readonly counts: CutoverCounts; readonly madeAt: number; readonly nextAt: number },
): Promise<void> {
  const [row] = await tx`
    update domain_cutovers set report = ${tx.json({ ...counts })}, report_made_at = ${at(madeAt)}, report_wanted_at = ${at(nextAt)}
    where tenant_id = ${tx.tenantId} and domain = ${domain} returning 1`;
  if (row === undefined) return;
  await tx`delete from cutover_senders where tenant_id = ${tx.tenantId} and domain = ${domain}`;
  await tx`
    insert into cutover_senders (tenant_id, domain, n, sender)
    select ${tx.tenantId}, ${domain}, n, sender from unnest(${senders.map((one) => JSON.stringify(one))}::text[]::jsonb[])
      with ordinality as s(sender, n)`;
}

/** Lines of the report in their order, from after line `after` on. */
export async function listSenders(
  tx: TenantTx,
  domain: string,
  {
    after,
    limit,
    onlyFailing,
  }: { readonly after: number; readonly limit: number; readonly onlyFailing: boolean },
): Promise<{ n: number; sender: CutoverSender }[]> {
  return tx<{ n: number; sender: CutoverSender }[]>`
    select n, sender from cutover_senders where tenant_id = ${tx.tenantId} and domain = ${domain} and n > ${after}
      and (not ${onlyFailing}::boolean or (sender->>'after' = 'fail' and sender->>'advice' <> 'moves'))
    order by n limit ${limit}`;
}
