import type { ListenMeta, PendingQuery, Row, Sql, TransactionSql } from "postgres";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";

/** A transaction that row-level security confines to one tenant. Call it as a template: tx`select …`. */
export type TenantTx = TransactionSql & { readonly tenantId: TenantId };

/** A transaction as the role `angelia_system`, which may read only what migrations grant it across tenants. */
export type SystemTx = TransactionSql & { readonly system: true };

/** The sql of a tenant's statement, with `scope`: a subquery of one row whose column `tenant` is the tenant's id, and which
 * confines the statement to the tenant. Whatever reads or writes must depend on it (`from ${scope} s cross join lateral …`);
 * what does not fails, since there is no scope without it. */
export type TenantStatement<T extends readonly Row[]> = (
  sql: Sql,
  scope: PendingQuery<Row[]>,
) => PendingQuery<T>;

/** PostgreSQL is away, or went away while it worked: SQLSTATE classes 08 and 57P, 53 (out of resources), and the driver's own codes. */
const AWAY =
  /^(08...|57P0.|53...|25006|CONNECTION_.*|CONNECT_TIMEOUT|ECONN.*|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH)$/;

function translate(error: unknown): unknown {
  if (error instanceof Error && "code" in error && typeof error.code === "string" && AWAY.test(error.code))
    return new MailError("unavailable", { code: error.code }, { cause: error });
  return error;
}

/** How long to wait for a connection, or for a statement of a hot path to end: something in front of PostgreSQL that takes
 * connections and drops them would else keep everybody waiting for ever, and so would a pool that is used up. */
const WAIT_MS = 10_000;

/** @throws {MailError} unavailable, when it takes longer; what became of it is unknown then */
async function within<T>(ms: number, work: PromiseLike<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new MailError("unavailable", { reason: "took too long" })), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The only door to PostgreSQL. It has no query method, so no query can escape a transaction's scope. */
export class Db {
  readonly #sql: Sql;
  readonly #waitMs: number;

  /** @param client logs in as `angelia_app`, which owns nothing and can't bypass row-level security */
  constructor(client: Sql, waitMs = WAIT_MS) {
    this.#sql = client;
    this.#waitMs = waitMs;
  }

  /** Runs `work` in one transaction that sees and writes only this tenant's rows.
   * @throws {MailError} unavailable, when PostgreSQL is away; then nothing is known about the commit */
  tenant<T>(tenantId: TenantId, work: (tx: TenantTx) => Promise<T>): Promise<T> {
    return this.#begin((tx) => tx`select set_config('app.tenant_id', ${tenantId}, true)`, work, { tenantId });
  }

  /** Runs one statement of a hot path as a transaction of its own: one round trip instead of three.
   * @throws {MailError} unavailable, when PostgreSQL is away; then nothing is known about the commit */
  async tenantStatement<T extends readonly Row[]>(
    tenantId: TenantId,
    statement: TenantStatement<T>,
  ): Promise<T> {
    const scope = this.#sql`(select set_config('app.tenant_id', ${tenantId}, true)::uuid as tenant)`;
    try {
      return await within(this.#waitMs, statement(this.#sql, scope));
    } catch (error) {
      throw translate(error);
    }
  }

  /** Runs `work` across tenants, as a role that can read only the directory and lease the queues.
   * @param why shown in PostgreSQL's activity view, so that an operator sees what crosses tenants */
  system<T>(why: string, work: (tx: SystemTx) => Promise<T>): Promise<T> {
    return this.#begin(
      (tx) =>
        tx`select set_config('role', 'angelia_system', true), set_config('application_name', ${why}, true)`,
      work,
      { system: true as const },
    );
  }

  /** Calls `heard` for each notification of `channel`, also after a reconnection.
   * @param connected called at the start and after each reconnection: what was missed must be looked up */
  listen(channel: string, heard: (payload: string) => void, connected: () => void): Promise<ListenMeta> {
    return this.#sql.listen(channel, heard, connected);
  }

  /** Wakes the listeners of `channel` in all processes, outside of any transaction of ours:
   * a NOTIFY takes a lock that all commits of the cluster share. */
  async notify(channel: string, payload: string): Promise<void> {
    try {
      await this.#sql.notify(channel, payload);
    } catch (error) {
      throw translate(error);
    }
  }

  /** Ends all connections, after at most 5 seconds. */
  async close(): Promise<void> {
    await this.#sql.end({ timeout: 5 });
  }

  async #begin<T, S extends object>(
    scope: (tx: TransactionSql) => PendingQuery<Row[]>,
    work: (tx: TransactionSql & S) => Promise<T>,
    mark: S,
  ): Promise<T> {
    let result: { readonly value: T } | undefined;
    let isLate = false;
    const begun = Promise.withResolvers<void>();
    const running = this.#sql.begin(async (tx) => {
      if (isLate) throw new MailError("unavailable", { reason: "the caller has gone" });
      begun.resolve();
      // Sent first but not awaited: it travels with the first query of the work, and a failure aborts the transaction.
      const scoped = scope(tx).execute();
      const [, value] = await Promise.all([scoped, work(Object.assign(tx, mark))]);
      result = { value };
    });
    running.catch(() => undefined); // when nobody waits for it any more
    try {
      // Only for its begin: a transaction that has begun is waited for, however long it takes.
      await within(this.#waitMs, Promise.race([begun.promise, running]));
      await running;
    } catch (error) {
      isLate = true;
      throw translate(error);
    }
    if (result === undefined) throw new Error("a transaction ended without a result");
    return result.value;
  }
}
