import * as support from "../../src/access/support-access.store.ts";
import type { Db } from "../../src/db/index.ts";
import type { AccountId, TenantId } from "../../src/kernel/id.ts";
import { insertAudit } from "../../src/tenants/index.ts";
import { upsertSecurityPolicy } from "../../src/tenants/security-policy.store.ts";
import { type SignInTally, upsertSignIns } from "../../src/tenants/sign-in.store.ts";
import { insertUnverified } from "../../src/tenants/tenant.store.ts";
import { type NewCode, setCode } from "../../src/verification/verification.store.ts";

const NOW = 1.8e12;
/** Of the link and the session of the staff. */
export const SUPPORT_HASH: Uint8Array = new Uint8Array(32).fill(5);

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
  {
    tenantId,
    accountId,
    address,
    nonce,
  }: { tenantId: TenantId; accountId: AccountId; address: string; nonce: string },
): Promise<void> {
  await db.tenant(tenantId, async (tx) => {
    await upsertSignIns(tx, [signedIn(address)]);
    await upsertSecurityPolicy(tx, { sessionDays: 7, passwordMinLength: 20, appPasswords: true });
    const asked = { operator: "Maria", reason: "of the victim", scope: "mailbox", hours: 4 } as const;
    const id = await support.insertSupport(tx, { ...asked, accountId, askedAt: NOW });
    await support.agreeSupport(tx, id, { by: address, now: NOW, hours: 4, expiresAt: 2e12 });
    await support.setSupportLink(tx, id, { hash: SUPPORT_HASH, until: 2e12 });
    await support.useSupportLink(tx, { link: SUPPORT_HASH, session: SUPPORT_HASH, now: NOW });
    await insertAudit(tx, { actor: "support:Maria", action: "support.ask", subject: address });
    await insertUnverified(tx);
    await setCode(tx, codeOn(nonce));
  });
}
