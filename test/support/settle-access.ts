import type { Db } from "../../src/db/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { upsertSecurityPolicy } from "../../src/tenants/security-policy.store.ts";
import { type SignInTally, upsertSignIns } from "../../src/tenants/sign-in.store.ts";
import { insertUnverified } from "../../src/tenants/tenant.store.ts";
import { type NewCode, setCode } from "../../src/verification/verification.store.ts";

const NOW = 1.8e12;

export const codeOn = (nonce: string): NewCode => ({
  country: "GR",
  officialId: "1",
  method: "letter",
  nonce,
  sentAt: NOW,
  expiresAt: 2e12,
});

export const signedIn = (address: string): SignInTally => ({
  address,
  protocol: "imap",
  network: "unknown",
  succeeded: true,
  hour: NOW,
  firstAt: NOW,
  lastAt: NOW,
  count: 1,
});

/** What somebody has of it whom others attack. */
export async function settleAccess(
  db: Db,
  { tenantId, address, nonce }: { tenantId: TenantId; address: string; nonce: string },
): Promise<void> {
  await db.tenant(tenantId, async (tx) => {
    await upsertSignIns(tx, [signedIn(address)]);
    await upsertSecurityPolicy(tx, { sessionDays: 7, passwordMinLength: 20, appPasswords: true });
    await insertUnverified(tx);
    await setCode(tx, codeOn(nonce));
  });
}
