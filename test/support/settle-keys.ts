import { insertApiKey, type NewStoredKey } from "../../src/access/api-key.store.ts";
import { beginRequest, type RequestName } from "../../src/access/idempotency.store.ts";
import type { TenantTx } from "../../src/db/index.ts";
import type { AccountId } from "../../src/kernel/id.ts";

export const KEY_ID = "00000000-0000-7000-8000-0000000000a1";
export const RUN = "00000000-0000-7000-8000-0000000000a2";
export const OCTETS = new Uint8Array(32).fill(7);
export const AT = 1.7e12;

export const keyOf = (accountId: AccountId, slug: string): NewStoredKey => ({
  id: KEY_ID,
  label: slug,
  hash: OCTETS,
  permissions: ["audit:read"],
  createdBy: `${slug}@${slug}.test`,
  createdById: accountId,
  createdAt: AT,
  expiresAt: null,
});
export const requestOf = (accountId: AccountId): RequestName => ({ actor: accountId, keyHash: OCTETS });
export const TIMES = { now: AT, silentSince: AT - 60_000, oldSince: AT - 86_400_000 };

/** Gives an agency an API key, and a request that has not been answered. */
export async function settleKeys(tx: TenantTx, accountId: AccountId, slug: string): Promise<void> {
  await insertApiKey(tx, keyOf(accountId, slug));
  await beginRequest(tx, requestOf(accountId), { fingerprint: OCTETS, run: RUN, ...TIMES });
}
