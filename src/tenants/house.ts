import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { AccountId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { findAccounts, insertAccounts, insertAliases } from "./account.store.ts";
import { insertDomain } from "./domain.store.ts";
import { HOUSE_TENANT } from "./house-tenant.ts";
import type { Tenancy } from "./tenancy.ts";
import { insertTenant } from "./tenant.store.ts";

const HOUSE_SLUG = "angelia-house";

/** Reports are small, and are taken out of the mailbox once they are read. */
const QUOTA_BYTES = 10 * 2 ** 30;

/** Where reports of others come in, and what ours are sent from. */
export interface HouseMailbox {
  readonly accountId: AccountId;
  /** below the hosted domain, so that what happens to its reputation happens to nobody else */
  readonly domain: string;
}

export const reportsDomain = (tenancy: Pick<Tenancy, "hostedDomain">): string =>
  `reports.${tenancy.hostedDomain}`;

/** The local parts of the addresses where reports come in. */
const REPORT_ADDRESSES = { dmarc: "dmarc", tls: "tls" } as const;

/** A domain that an agency has proven is not taken from it: it signs our notices then, or nobody does. */
async function claimUnlessTaken(tx: TenantTx, domain: string): Promise<void> {
  try {
    await insertDomain(tx, domain, true);
  } catch (error) {
    if (!(error instanceof MailError) || error.code !== "domain_exists") throw error;
  }
}

/** Makes the tenant of the installation, its two domains, and the mailbox of the reports, as far as they are missing.
 * @param hostname the domain that our notices come from   @param senderLocal what reports of ours are sent from, before the @
 * @throws {MailError} unavailable */
export async function ensureHouse(
  tenancy: Tenancy,
  hostname: string,
  senderLocal: string,
): Promise<HouseMailbox> {
  const { db, keys } = tenancy;
  const domain = reportsDomain(tenancy);
  const main = `postmaster@${domain}`;
  const sender = `${senderLocal}@${domain}`;
  const found = await db.tenant(HOUSE_TENANT, (tx) => findAccounts(tx, [main, sender]));
  const there = found.get(main);
  if (there !== undefined) {
    if (!found.has(sender)) await db.tenant(HOUSE_TENANT, (tx) => insertAliases(tx, there.id, [sender]));
    return { accountId: there.id, domain };
  }
  const accountId = AccountId.parse(newUuid(tenancy.clock, tenancy.random));
  // Nobody signs in to it before the operator sets a password: this one is told to nobody.
  const verifier = await tenancy.passwords.hash(tenancy.passwords.newPassword());
  try {
    await db.tenant(HOUSE_TENANT, async (tx) => {
      await insertTenant(tx, { slug: HOUSE_SLUG, name: "Angelia", kind: "private" });
      await keys.addKey(tx);
      await insertDomain(tx, domain, true);
      if (hostname !== domain) await claimUnlessTaken(tx, hostname);
      const owner = {
        id: accountId,
        address: main,
        name: "Reports",
        quotaBytes: QUOTA_BYTES,
        locale: "en",
        verifier,
      };
      await insertAccounts(tx, [owner]);
      const locals = new Set([...Object.values(REPORT_ADDRESSES), "abuse", "fbl", senderLocal]);
      locals.delete("postmaster");
      await insertAliases(
        tx,
        accountId,
        [...locals].map((local) => `${local}@${domain}`),
      );
    });
  } catch (error) {
    // Another process has made it in this moment.
    if (!(error instanceof MailError) || (error.code !== "tenant_exists" && error.code !== "domain_exists"))
      throw error;
    const account = (await db.tenant(HOUSE_TENANT, (tx) => findAccounts(tx, [main]))).get(main);
    if (account === undefined) throw error;
    return { accountId: account.id, domain };
  }
  return { accountId, domain };
}
