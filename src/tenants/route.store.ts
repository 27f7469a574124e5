import type { Db } from "../db/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";

/** Where an edge of the graph leads: exactly one is not null. */
export interface RouteTarget {
  readonly account: AccountId | null;
  readonly group: string | null;
  /** outside, as that host wants it written */
  readonly written: string | null;
}

export interface RouteAccount {
  readonly id: AccountId;
  readonly address: string;
  readonly quotaBytes: number;
  readonly usedBytes: number;
  readonly disabled: boolean;
  /** null: it forwards nothing */
  readonly keepCopy: boolean | null;
  readonly targets: readonly RouteTarget[] | null;
}

export interface RouteGroup {
  readonly id: string;
  readonly address: string;
  readonly senders: GroupSenders;
  /** `address` is canonical, and given for those outside */
  readonly members: readonly (RouteTarget & { readonly address: string | null })[] | null;
}

/** Who may write to a group. */
export type GroupSenders = "anyone" | "members" | "tenant";

/** Addresses of a tenant, and all that can be reached from them. */
export interface RouteGraph {
  /** In the order in which they were asked for. */
  readonly roots: readonly (RouteTarget & { readonly isCaught: boolean })[];
  readonly accounts: readonly RouteAccount[] | null;
  readonly groups: readonly RouteGroup[] | null;
  /** Who has the mail of postmaster and abuse when nobody else can. */
  readonly keeper: AccountId | null;
  /** Whose address in this tenant the sender's is; only known when there is a group. */
  readonly sender: { readonly account: AccountId | null; readonly group: string | null } | null;
}

interface AskedAddress {
  /** canonical */
  readonly address: string;
  readonly plain: string;
  readonly domain: string;
}

/** Reads what addresses of a tenant lead to: one statement for all of them, however deep groups are nested.
 * @param senders canonical forms of the sender's address */
export async function findRoutes(
  db: Db,
  tenantId: TenantId,
  asked: readonly AskedAddress[],
  senders: readonly string[],
): Promise<RouteGraph> {
  const rows = await db.tenantStatement(
    tenantId,
    (sql, scope) => sql<{ routes: RouteGraph }[]>`
      select find_routes(s.tenant, ${asked.map((one) => one.address)}::text[], ${asked.map((one) => one.plain)}::text[],
        ${asked.map((one) => one.domain)}::text[], ${[...senders]}::text[]) as routes from ${scope} s`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error("find_routes gave no row");
  return row.routes;
}
