import type { SendCode, Verification } from "../contract/verification.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { type Outbound, queueOwnMessage, raiseAlert, unverifiedDaily } from "../outbound/index.ts";
import { ensureHouse, HOUSE_TENANT, insertAudit, isUniqueViolation, readTenant } from "../tenants/index.ts";
import { codeOf, isCode } from "./code.ts";
import { printCodeMail } from "./code-letter.ts";
import {
  CODE_LASTS_MS,
  CODES_TO_ENTRY_MAX,
  decideCode,
  decideSend,
  type Standing,
  stateOf,
  TRIES_MAX,
} from "./decide-verification.ts";
import { entryView, isReachable } from "./registry.ts";
import { hasEntries, listTaken, readEntry, type StoredEntry } from "./registry.store.ts";
import {
  countCodesTo,
  countTry,
  lockVerification,
  markVerified,
  readVerification,
  setCode,
  setContested,
} from "./verification.store.ts";

const DAY_MS = 86_400_000;
/** What codes are sent from, before the @. */
const SENDER_LOCAL = "noreply-verification";

/** Who asks for it. */
export interface Claimant {
  readonly tenantId: TenantId;
  /** as the audit log names them */
  readonly actor: string;
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** How far the verification of an agency is. @throws {MailError} unavailable */
export async function verificationOf(outbound: Outbound, tenantId: TenantId): Promise<Verification> {
  const { standing, entry, hasRegistry } = await outbound.store.db.tenant(tenantId, async (tx) => {
    const found = await readVerification(tx);
    const chosen =
      found?.country === undefined || found.country === null || found.officialId === null
        ? undefined
        : await readEntry(tx, found.country, found.officialId);
    return { standing: found, entry: chosen, hasRegistry: await hasEntries(tx) };
  });
  const state = stateOf(standing);
  const isSent = state === "code_sent";
  return {
    state,
    entry: entry === undefined ? null : entryView(entry),
    method: isSent ? (standing?.method ?? null) : null,
    codeSentAt: isSent ? iso(standing?.codeSentAt ?? null) : null,
    codeExpiresAt: isSent ? iso(standing?.codeExpiresAt ?? null) : null,
    triesLeft: isSent ? Math.max(0, TRIES_MAX - (standing?.tries ?? 0)) : null,
    verifiedAt: iso(standing?.verifiedAt ?? null),
    verifiedBy: state === "verified" ? (standing?.verifiedBy ?? "operator") : null,
    reason: standing?.reason ?? null,
    dailyRecipients: state === "verified" ? null : unverifiedDaily(outbound),
    hasRegistry,
  };
}

/** Whether another agency has proven to be this entry, and how often it is written to. */
async function askAround(
  outbound: Outbound,
  entry: StoredEntry,
  now: number,
): Promise<{ readonly isTaken: boolean; readonly codes: number }> {
  return outbound.store.db.system("is this registry entry taken", async (tx) => ({
    isTaken: (await listTaken(tx, [entry])).length > 0,
    codes: await countCodesTo(tx, entry, now - DAY_MS),
  }));
}

/** Chooses an entry of a registry for the agency, and sends a code to what stands there: by mail at once, by post when the operator prints
 * its letters. An entry that another agency has is for the operator to decide.
 * @throws {MailError} registry_entry_unknown, verification_no_address, verification_closed, rate_limited, unavailable */
export async function sendCode(
  outbound: Outbound,
  { tenantId, actor }: Claimant,
  wanted: SendCode,
): Promise<void> {
  const { db, clock, random } = outbound.store;
  const now = clock();
  const entry = await db.tenant(tenantId, (tx) => readEntry(tx, wanted.country, wanted.officialId));
  if (entry === undefined) throw new MailError("registry_entry_unknown", { ...wanted });
  const to = wanted.method === "email" ? entry.email : entry.postalAddress;
  if (to === null || (wanted.method === "email" && !isReachable(to)))
    throw new MailError("verification_no_address", { ...wanted });
  const { isTaken, codes } = await askAround(outbound, entry, now);
  const nonce = newUuid(clock, random);
  const agency = await db.tenant(tenantId, async (tx) => {
    const refusal = decideSend(await lockVerification(tx), now);
    if (refusal !== null) throw new MailError(refusal.code, { retryAfterMs: refusal.retryAfterMs });
    const subject = `${entry.country} ${entry.officialId}`;
    if (isTaken) {
      await setContested(tx, { country: entry.country, officialId: entry.officialId, now });
      await insertAudit(tx, { actor, action: "verification.contest", subject, detail: { name: entry.name } });
      return null;
    }
    if (codes >= CODES_TO_ENTRY_MAX) throw new MailError("rate_limited", { retryAfterMs: DAY_MS });
    const { country, officialId } = entry;
    await setCode(tx, {
      country,
      officialId,
      method: wanted.method,
      nonce,
      sentAt: now,
      expiresAt: now + CODE_LASTS_MS,
    });
    const detail = { name: entry.name, method: wanted.method };
    await insertAudit(tx, { actor, action: "verification.code", subject, detail });
    return (await readTenant(tx)).name;
  });
  if (agency === null) await tell(outbound, tenantId, "contested", { name: entry.name });
  else if (wanted.method === "email") await mailCode(outbound, { tenantId, nonce, agency, entry, to, now });
}

/** The mail is the installation's own: nobody of the agency that asks can read it on its way. When the process dies before it is queued, the
 * agency has another one sent. */
async function mailCode(
  outbound: Outbound,
  wanted: {
    readonly tenantId: TenantId;
    readonly nonce: string;
    readonly agency: string;
    readonly entry: StoredEntry;
    readonly to: string;
    readonly now: number;
  },
): Promise<void> {
  const { tenancy, hostname } = outbound;
  const { tenantId, nonce, agency, entry, to, now } = wanted;
  const house = await ensureHouse(tenancy, hostname, SENDER_LOCAL);
  const from = `${SENDER_LOCAL}@${house.domain}`;
  const bytes = printCodeMail(
    {
      code: await codeOf(tenancy, tenantId, nonce),
      agency,
      entryName: entry.name,
      url: outbound.publicUrl ?? `https://${hostname}`,
      expiresAt: now + CODE_LASTS_MS,
    },
    { from, to, messageId: `${nonce}@${house.domain}`, at: now },
  );
  const mail = { accountId: house.accountId, mailFrom: from, to, bytes, pool: "main" } as const;
  if (!(await queueOwnMessage(outbound, HOUSE_TENANT, mail, () => Promise.resolve(true))))
    throw new MailError("verification_no_address", { to });
}

/** Takes the code that the agency has got. A wrong one counts also when the process dies right after.
 * @throws {MailError} code_wrong, code_expired, verification_closed, unavailable */
export async function confirmCode(
  outbound: Outbound,
  { tenantId, actor }: Claimant,
  typed: string,
): Promise<void> {
  const { db, clock } = outbound.store;
  const now = clock();
  const { outcome, standing } = await db.tenant(tenantId, async (tx) => {
    const found = await lockVerification(tx);
    const isRight =
      found?.nonce !== null &&
      found?.nonce !== undefined &&
      isCode(typed, await codeOf(outbound.tenancy, tenantId, found.nonce));
    const came = decideCode(found, isRight, now);
    if (came === "wrong") await countTry(tx);
    return { outcome: came, standing: found };
  });
  if (outcome === "wrong") throw new MailError("code_wrong");
  if (outcome !== "right") throw new MailError(outcome);
  if (standing === undefined || standing.nonce === null) throw new Error("a code without a nonce is right");
  await becomeVerified(outbound, { tenantId, actor }, standing, standing.nonce);
}

async function becomeVerified(
  outbound: Outbound,
  { tenantId, actor }: Claimant,
  { country, officialId }: Standing,
  nonce: string,
): Promise<void> {
  const { db, clock } = outbound.store;
  const now = clock();
  const subject = `${country} ${officialId}`;
  const entry = await db.tenant(tenantId, async (tx) => {
    // First, so that nothing is verified of which the log does not tell.
    await insertAudit(tx, { actor, action: "verification.confirm", subject });
    return readEntry(tx, country ?? "", officialId ?? "");
  });
  const name = entry?.name ?? subject;
  try {
    const isMarked = await db.system("an agency is verified", (tx) =>
      markVerified(tx, tenantId, { nonce, now }),
    );
    if (!isMarked) throw new MailError("verification_closed");
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    // Another agency was faster.
    await db.tenant(tenantId, async (tx) => {
      await setContested(tx, { country: country ?? "", officialId: officialId ?? "", now });
      await insertAudit(tx, { actor, action: "verification.contest", subject, detail: { name } });
    });
    await tell(outbound, tenantId, "contested", { name });
    return;
  }
  await tell(outbound, tenantId, "verified", { name });
}

/** Tells the administrators what became of it. @throws {MailError} unavailable */
export async function tell(
  outbound: Outbound,
  tenantId: TenantId,
  event: "verified" | "refused" | "contested",
  detail: Readonly<Record<string, string>>,
): Promise<void> {
  const at = outbound.store.clock();
  await raiseAlert(outbound, tenantId, {
    kind: "verification",
    subject: "",
    windowStart: at,
    detail: { event, ...detail },
    at,
  });
}
