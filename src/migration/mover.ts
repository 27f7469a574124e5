import type { KeyRing } from "../blob/index.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import type { Mailstore } from "../mailstore/index.ts";
import { normalizeAddress } from "../protocol/address/index.ts";
import { findAccounts } from "../tenants/index.ts";
import { listMigrationsElsewhere } from "./migration-mailbox.store.ts";
import { lockMigration, readMigration } from "./migration.store.ts";
import type { MigrationRow } from "./rows.ts";

export interface MigrationDeps {
  readonly store: Mailstore;
  readonly keys: KeyRing;
  /** Octets of files that an agency may have waiting. */
  readonly filesMaxBytes: number;
}

/** Who brings old mail. */
export interface Mover {
  readonly tenantId: TenantId;
  /** as the audit log names them */
  readonly actor: string;
  /** somebody who brings their own mail: they see and touch nothing else */
  readonly own: { readonly accountId: AccountId; readonly address: string } | null;
  /** The domains that they may touch; null: all of the agency. */
  readonly domains: readonly string[] | null;
}

export interface FieldProblem {
  readonly field: string;
  readonly code: string;
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1);

/** @throws {MailError} migration_unknown: also where it is of somebody else, or of domains that are not theirs */
export async function migrationOf(
  tx: TenantTx,
  { own, domains }: Mover,
  id: string,
  read: typeof readMigration = readMigration,
): Promise<MigrationRow> {
  const row = await read(tx, id, own?.accountId ?? null);
  const isHidden =
    row !== undefined && domains !== null && (await listMigrationsElsewhere(tx, [id], domains)).length > 0;
  if (row === undefined || isHidden) throw new MailError("migration_unknown", { id });
  return row;
}

/** The same, locked until the transaction ends. @throws {MailError} migration_unknown */
export function lockedMigrationOf(tx: TenantTx, mover: Mover, id: string): Promise<MigrationRow> {
  return migrationOf(tx, mover, id, lockMigration);
}

/** Whose mailboxes addresses are.
 * @returns for each address the account, or what is wrong with it */
export async function accountsOf(
  tx: TenantTx,
  { own, domains }: Mover,
  addresses: readonly string[],
): Promise<({ readonly accountId: AccountId; readonly address: string } | { readonly code: string })[]> {
  const normal = addresses.map((address) => normalizeAddress(address));
  const found = await findAccounts(
    tx,
    normal.flatMap((address) => (address.ok ? [address.value] : [])),
  );
  return normal.map((parsed) => {
    if (!parsed.ok) return { code: "malformed" };
    const address = parsed.value;
    const account = found.get(address);
    // postmaster and abuse reach somebody whose mailbox this is not.
    const isTheirs =
      account !== undefined && (account.address === address || !/^(postmaster|abuse)@/.test(address));
    if (account === undefined || !isTheirs) return { code: "address_unknown" };
    if (own !== null && account.id !== own.accountId) return { code: "address_unknown" };
    if (domains !== null && !domains.includes(domainOf(account.address))) return { code: "address_unknown" };
    return { accountId: account.id, address: account.address };
  });
}
