import type { SystemTx, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";

const at = (ms: number): string => new Date(ms).toISOString();

/** A request that is told from all others by what its client has chosen. */
export interface RequestName {
  /** the account or API key that asks */
  readonly actor: string;
  readonly keyHash: Uint8Array;
}

export interface StoredAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly tenantKeyId: string;
  /** sealed */
  readonly wrappedKey: Uint8Array;
}

/** Takes a request as the one that gives the answer: it is new, older than a day, or the same again after whoever worked on it has been
 * silent for long. @returns false: it is another's, or answered */
export async function beginRequest(
  tx: TenantTx,
  { actor, keyHash }: RequestName,
  {
    fingerprint,
    run,
    now,
    silentSince,
    oldSince,
  }: {
    readonly fingerprint: Uint8Array;
    readonly run: string;
    readonly now: number;
    readonly silentSince: number;
    readonly oldSince: number;
  },
): Promise<boolean> {
  const [row] = await tx`
    insert into idempotent_requests as r (tenant_id, actor, key_hash, fingerprint, run, started_at)
    values (${tx.tenantId}, ${actor}, ${keyHash}, ${fingerprint}, ${run}, ${at(now)})
    on conflict (tenant_id, actor, key_hash) do update set fingerprint = excluded.fingerprint, run = excluded.run,
      started_at = excluded.started_at, status = null, content_type = null, tenant_key_id = null, body = null
    where r.started_at <= ${at(oldSince)}
      or (r.status is null and r.started_at <= ${at(silentSince)} and r.fingerprint = excluded.fingerprint)
    returning 1`;
  return row !== undefined;
}

/** @returns undefined: there is no such request (any more) */
export async function readRequest(
  tx: TenantTx,
  { actor, keyHash }: RequestName,
): Promise<
  | { readonly fingerprint: Uint8Array; readonly startedAt: number; readonly answer: StoredAnswer | null }
  | undefined
> {
  const [row] = await tx<
    {
      fingerprint: Uint8Array;
      startedAt: number;
      status: number | null;
      contentType: string | null;
      tenantKeyId: string | null;
      wrappedKey: Uint8Array | null;
    }[]
  >`
    select fingerprint, (extract(epoch from started_at) * 1000)::float8 as "startedAt", status, content_type as "contentType",
      tenant_key_id as "tenantKeyId", body as "wrappedKey" from idempotent_requests
    where tenant_id = ${tx.tenantId} and actor = ${actor} and key_hash = ${keyHash}`;
  if (row === undefined) return undefined;
  const { fingerprint, startedAt, status, contentType, tenantKeyId, wrappedKey } = row;
  const answer =
    status === null || tenantKeyId === null || wrappedKey === null
      ? null
      : { status, contentType: contentType ?? "", tenantKeyId, wrappedKey };
  return { fingerprint, startedAt, answer };
}

/** Stores the answer; in the transaction of what it tells of, both are there or neither.
 * @throws {MailError} request_in_progress: another run has taken the request over, so this one must not commit */
export async function answerRequest(
  tx: TenantTx,
  { actor, keyHash }: RequestName,
  run: string,
  answer: StoredAnswer,
): Promise<void> {
  const [row] = await tx`
    update idempotent_requests set status = ${answer.status}, content_type = ${answer.contentType}, tenant_key_id = ${answer.tenantKeyId},
      body = ${answer.wrappedKey}
    where tenant_id = ${tx.tenantId} and actor = ${actor} and key_hash = ${keyHash} and run = ${run} and status is null returning 1`;
  if (row === undefined) throw new MailError("request_in_progress", { run });
}

/** Forgets a request that changed nothing, unless it has been answered. */
export async function dropRequest(tx: TenantTx, { actor, keyHash }: RequestName, run: string): Promise<void> {
  await tx`delete from idempotent_requests
    where tenant_id = ${tx.tenantId} and actor = ${actor} and key_hash = ${keyHash} and run = ${run} and status is null`;
}

/** Forgets a portion of what began before. @returns how many */
export async function purgeRequests(tx: SystemTx, before: number): Promise<number> {
  const { count } = await tx`
    delete from idempotent_requests where (tenant_id, actor, key_hash) in (
      select tenant_id, actor, key_hash from idempotent_requests where started_at < ${at(before)} order by started_at limit 5000)`;
  return count;
}
