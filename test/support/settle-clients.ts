import type { TenantTx } from "../../src/db/index.ts";
import type { AccountId } from "../../src/kernel/id.ts";
import { insertAppPassword } from "../../src/tenants/credential.store.ts";
import * as device from "../../src/tenants/device.store.ts";

export const hashOf = (slug: string): Uint8Array => new Uint8Array(32).fill(slug.length);

export const profileOf = (
  accountId: AccountId,
  slug: string,
  credentialId: string,
): device.StoredProfile => ({
  tokenHash: hashOf(slug),
  accountId,
  credentialId,
  sealedPassword: new Uint8Array(40),
  expiresAt: 3e12,
});

/** Gives somebody a device whose configuration waits to be fetched. */
export async function settleClients(tx: TenantTx, accountId: AccountId, slug: string): Promise<void> {
  const id = await insertAppPassword(tx, accountId, {
    verifier: `random$${slug}`,
    scopes: ["imap"],
    label: slug,
    scram: null,
  });
  await device.insertProfile(tx, profileOf(accountId, slug, id), 1);
}
