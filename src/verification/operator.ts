import { MailError } from "../kernel/error.ts";
import type { Outbound } from "../outbound/index.ts";
import { insertAudit, isUniqueViolation, tenantsMeant } from "../tenants/index.ts";
import { codeOf } from "./code.ts";
import { printLetters } from "./code-letter.ts";
import { CODE_LASTS_MS, stateOf } from "./decide-verification.ts";
import { type Case, decideByOperator, listCases, markPrinted, reopen } from "./verification.store.ts";
import { tell } from "./verify.ts";

const OPERATOR = "operator";

/** All agencies that have been asked who they are, or the one with this short name. @throws {MailError} unavailable */
export async function verificationCases(outbound: Outbound): Promise<Case[]> {
  return outbound.store.db.system("operator looks at verifications", listCases);
}

/** The operator vouches for an agency, or not. @throws {MailError} tenant_unknown, verification_closed: another agency is verified as the
 * entry that it has chosen */
export async function decideAgency(
  outbound: Outbound,
  slug: string,
  { isVerified, reason }: { readonly isVerified: boolean; readonly reason: string },
): Promise<void> {
  const { db, clock } = outbound.store;
  const [tenant] = await tenantsMeant(outbound.tenancy, { slug });
  if (tenant === undefined) throw new MailError("tenant_unknown", { slug });
  const action = isVerified ? "verification.approve" : "verification.refuse";
  await db.tenant(tenant.id, (tx) =>
    insertAudit(tx, { actor: OPERATOR, action, subject: slug, detail: { reason } }),
  );
  try {
    await db.system("operator decides about an agency", (tx) =>
      decideByOperator(tx, tenant.id, { isVerified, reason, now: clock() }),
    );
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new MailError("verification_closed", { why: "another agency is verified as the same entry" });
  }
  await tell(outbound, tenant.id, isVerified ? "verified" : "refused", { name: tenant.name, reason });
}

/** Lets an agency begin anew. @returns false: it was never asked @throws {MailError} tenant_unknown */
export async function reopenAgency(outbound: Outbound, slug: string): Promise<boolean> {
  const { db } = outbound.store;
  const [tenant] = await tenantsMeant(outbound.tenancy, { slug });
  if (tenant === undefined) throw new MailError("tenant_unknown", { slug });
  const isOpen = await db.system("operator reopens a verification", (tx) => reopen(tx, tenant.id));
  if (isOpen)
    await db.tenant(tenant.id, (tx) =>
      insertAudit(tx, { actor: OPERATOR, action: "verification.reopen", subject: slug }),
    );
  return isOpen;
}

/** The letters that wait to be printed, as one page of HTML, and what marks them as printed: to be called when the file is written.
 * @returns null: there are none */
export async function pendingLetters(outbound: Outbound): Promise<{
  readonly html: string;
  readonly slugs: readonly string[];
  readonly done: () => Promise<void>;
} | null> {
  const { db, clock } = outbound.store;
  const now = clock();
  const pending = (await verificationCases(outbound)).flatMap((one) =>
    one.method === "letter" &&
    !one.isPrinted &&
    one.nonce !== null &&
    one.postalAddress !== null &&
    stateOf(one) === "code_sent" &&
    (one.codeExpiresAt ?? 0) > now
      ? [{ ...one, nonce: one.nonce, postalAddress: one.postalAddress }]
      : [],
  );
  if (pending.length === 0) return null;
  const letters = await Promise.all(
    pending.map(async (one) => ({
      code: await codeOf(outbound.tenancy, one.tenantId, one.nonce),
      agency: one.tenantName,
      entryName: one.entryName ?? one.tenantName,
      url: outbound.publicUrl ?? `https://${outbound.hostname}`,
      expiresAt: one.codeExpiresAt ?? now + CODE_LASTS_MS,
      postalAddress: one.postalAddress,
    })),
  );
  return {
    html: printLetters(letters),
    slugs: pending.map((one) => one.slug),
    done: () =>
      db.system("letters are printed", async (tx) => {
        for (const { tenantId, nonce } of pending) await markPrinted(tx, tenantId, nonce, clock());
      }),
  };
}
