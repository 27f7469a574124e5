import type { SendingLimits } from "../contract/sending-limits.ts";
import type { Db, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { findAccounts, insertAudit, listDomains } from "../tenants/index.ts";
import { canonicalAddress } from "./canonical-address.ts";
import { aboveCap, capsOf, DAY_MS, HOUR_MS, type LimitRow, windowsOf } from "./limits.ts";
import { listLimits, readUsage, upsertCap, upsertLimit } from "./limits.store.ts";
import { type Outbound, unverifiedDaily } from "./outbound.ts";

/** What a tenant may send, and what it has sent. @throws {MailError} unavailable */
export async function readSendingLimits(
  tx: TenantTx,
  now: number,
  outbound: Pick<Outbound, "unverifiedDaily"> = {},
): Promise<SendingLimits> {
  const [{ caps, own, tenantCreatedAt, isUnverified, names }, used] = await Promise.all([
    listLimits(tx),
    readUsage(tx, now),
  ]);
  const { hourStart, dayStart } = windowsOf(now);
  const named = (row: LimitRow): LimitRow => ({
    ...row,
    subject: row.scope === "mailbox" ? (names[row.subject] ?? row.subject) : row.subject,
  });
  return {
    caps: capsOf(caps, now - tenantCreatedAt, isUnverified ? unverifiedDaily(outbound) : null).map(named),
    own: own.map(named),
    used: {
      ...used,
      hourEndsAt: new Date(hourStart + HOUR_MS).toISOString(),
      dayEndsAt: new Date(dayStart + DAY_MS).toISOString(),
    },
  };
}

/** A limit for a domain or a mailbox of the tenant, under the name by which it is stored: a mailbox by its account's id.
 * @throws {MailError} domain_unknown, address_unknown, invalid_input */
async function storedLimit(tx: TenantTx, wish: LimitRow): Promise<LimitRow> {
  if (wish.subject === "") return wish;
  if (wish.scope === "mailbox") return { ...wish, subject: await accountNamed(tx, wish.subject) };
  const domain = wish.subject.toLowerCase();
  if (wish.scope === "tenant")
    throw new MailError("invalid_input", { errors: [{ field: "subject", code: "malformed" }] });
  if (!(await listDomains(tx)).some((one) => one.name === domain))
    throw new MailError("domain_unknown", { domain });
  return { ...wish, subject: domain };
}

/** Sets a limit of the agency's own.
 * @throws {MailError} limit_above_cap, domain_unknown, address_unknown, invalid_input, unavailable */
export async function setSendingLimit(
  outbound: Pick<Outbound, "store" | "unverifiedDaily">,
  tenantId: TenantId,
  wish: LimitRow,
  actor: string,
): Promise<void> {
  const { store } = outbound;
  const now = store.clock();
  await store.db.tenant(tenantId, async (tx) => {
    const row = await storedLimit(tx, wish);
    const { caps, tenantCreatedAt, isUnverified } = await listLimits(tx);
    const dailyMax = isUnverified ? unverifiedDaily(outbound) : null;
    const above = aboveCap(row, capsOf(caps, now - tenantCreatedAt, dailyMax));
    if (above.length > 0)
      throw new MailError("limit_above_cap", {
        errors: above.map((field) => ({ field: `limits.${field}`, code: "too_big" })),
      });
    await upsertLimit(tx, row);
    const subject = wish.subject === "" ? wish.scope : wish.subject;
    await insertAudit(tx, { actor, action: "sending_limit.set", subject, detail: numbersOnly(wish.limits) });
  });
}

/** The operator says what a tenant may send at most. @throws {MailError} domain_unknown, address_unknown, unavailable */
export async function setSendingCap(db: Db, tenantId: TenantId, wish: LimitRow): Promise<void> {
  const row = await db.tenant(tenantId, (tx) => storedLimit(tx, wish));
  await db.system("operator sets a sending cap", (tx) => upsertCap(tx, tenantId, row));
  await db.tenant(tenantId, (tx) =>
    insertAudit(tx, {
      actor: "operator",
      action: "sending_cap.set",
      subject: wish.subject === "" ? wish.scope : wish.subject,
      detail: numbersOnly(wish.limits),
    }),
  );
}

const numbersOnly = (limits: Readonly<Record<string, number | null>>): Record<string, number> =>
  Object.fromEntries(Object.entries(limits).flatMap(([name, n]) => (n === null ? [] : [[name, n]])));

/** The account behind an address of the tenant. @throws {MailError} address_unknown */
export async function accountNamed(tx: TenantTx, address: string): Promise<AccountId> {
  const name = canonicalAddress(address);
  const account = (await findAccounts(tx, [name])).get(name);
  if (account === undefined) throw new MailError("address_unknown", { address: name });
  return account.id;
}
