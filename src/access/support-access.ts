import type { SupportAccess } from "../contract/support-access.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { insertDeliveries } from "../mailstore/index.ts";
import {
  alertLetter,
  canonicalAddress,
  intoInboxes,
  type Outbound,
  prepareLetter,
  raiseAlert,
} from "../outbound/index.ts";
import {
  findAccounts,
  insertAudit,
  listOwners,
  readAccount,
  readTenant,
  tenantsMeant,
} from "../tenants/index.ts";
import { agreeingPeople, decideAgree, supportState } from "./decide-support.ts";
import {
  agreeSupport,
  closeSupport,
  insertSupport,
  listSupport,
  lockSupport,
  type StoredSupport,
} from "./support-access.store.ts";

const HOUR_MS = 3_600_000;

/** How the staff is named in the log. */
export const supportActor = (operator: string): string => `support:${operator}`;

/** Somebody of the agency who decides about an access. */
export interface Decider {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly address: string;
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
const addressesOf = ({ agreed }: StoredSupport): string[] => agreed.map((one) => one.by);

/** How many have to agree. */
async function neededFor(tx: TenantTx, { scope, accountId }: StoredSupport): Promise<number> {
  if (scope === "settings") return 1;
  const owners = await listOwners(tx);
  return agreeingPeople(scope, owners.length === 1 && owners[0] === accountId);
}

/** As the agency sees it. @param needed how many have to agree */
function shown(one: StoredSupport, needed: number, now: number): SupportAccess {
  const state = supportState({ ...one, agreed: addressesOf(one) }, now);
  return {
    id: one.id,
    operator: one.operator,
    reason: one.reason,
    scope: one.scope,
    mailbox: one.mailbox,
    hours: one.hours,
    state,
    askedAt: new Date(one.askedAt).toISOString(),
    agreed: one.agreed.map(({ by, at }) => ({ by, at })),
    // Two may agree of whom neither is an owner? No: the person and an owner; so one of them is always missing.
    missing: state === "asked" ? Math.max(1, needed - one.agreed.length) : 0,
    expiresAt: iso(one.expiresAt),
    usedAt: iso(one.usedAt),
    closed:
      one.closedAt === null || one.closedBy === null
        ? null
        : { by: one.closedBy, at: new Date(one.closedAt).toISOString() },
  };
}

/** The latest first. */
export async function supportAccesses(
  tx: TenantTx,
  page: { readonly limit: number; readonly after: string | null; readonly accountId?: AccountId },
  now: number,
): Promise<SupportAccess[]> {
  const found = await listSupport(tx, page);
  return Promise.all(found.map(async (one) => shown(one, await neededFor(tx, one), now)));
}

/** @throws {MailError} support_unknown */
export async function supportAccess(tx: TenantTx, id: string, now: number): Promise<SupportAccess> {
  const one = await lockSupport(tx, id);
  if (one === undefined) throw new MailError("support_unknown");
  return shown(one, await neededFor(tx, one), now);
}

type Event = "asked" | "granted" | "closed";

const detailOf = (one: StoredSupport, event: Event, extra: Readonly<Record<string, string>> = {}) => ({
  event,
  operator: one.operator,
  reason: one.reason,
  mailbox: one.mailbox ?? "",
  hours: one.hours,
  ...extra,
});

/** Tells the owners and administrators, after the commit. @throws {MailError} unavailable */
async function tellAgency(
  outbound: Outbound,
  tenantId: TenantId,
  detail: ReturnType<typeof detailOf>,
): Promise<void> {
  const at = outbound.store.clock();
  const subject = detail.mailbox;
  await raiseAlert(outbound, tenantId, { kind: "support_access", subject, windowStart: at, detail, at });
}

/** A letter to the person whose mailbox it is, to be put there in the transaction of what it tells. @returns null: it is nobody's */
async function letterToPerson(
  outbound: Outbound,
  tenantId: TenantId,
  one: Pick<StoredSupport, "accountId" | "mailbox">,
  detail: ReturnType<typeof detailOf>,
): Promise<((tx: TenantTx) => Promise<void>) | null> {
  const { accountId, mailbox } = one;
  if (accountId === null || mailbox === null) return null;
  const { db, clock } = outbound.store;
  const { locale } = await db.tenant(tenantId, (tx) => readAccount(tx, accountId));
  const letter = alertLetter({ kind: "support_access", subject: mailbox, detail }, locale);
  const prepared = await prepareLetter(outbound, tenantId, mailbox, letter);
  return async (tx) => {
    await insertDeliveries(tx, prepared, intoInboxes([accountId], clock()), { ignoreQuota: true });
  };
}

export interface WantedSupport {
  /** of the one who asks */
  readonly operator: string;
  readonly reason: string;
  /** an address: to read it; undefined: the settings alone */
  readonly mailbox?: string | undefined;
  readonly hours: number;
}

/** The staff asks an agency to let it look. Nothing is open before the agency has agreed.
 * @returns its id @throws {MailError} tenant_unknown, address_unknown, forbidden: nobody's mailbox */
export async function askSupport(outbound: Outbound, slug: string, wanted: WantedSupport): Promise<string> {
  const { db, clock, changes } = outbound.store;
  const [tenant] = await tenantsMeant(outbound.tenancy, { slug });
  if (tenant === undefined) throw new MailError("tenant_unknown", { slug });
  const { operator, reason, hours } = wanted;
  const mailbox = wanted.mailbox === undefined ? null : canonicalAddress(wanted.mailbox);
  const accountId = mailbox === null ? null : await personBehind(outbound, tenant.id, mailbox);
  const now = clock();
  const asked = {
    operator,
    reason,
    scope: mailbox === null ? "settings" : "mailbox",
    accountId,
    hours,
  } as const;
  const detail = { event: "asked" as const, operator, reason, hours, mailbox: mailbox ?? "" };
  const tellPerson = await letterToPerson(outbound, tenant.id, { accountId, mailbox }, detail);
  const id = await db.tenant(tenant.id, async (tx) => {
    const added = await insertSupport(tx, { ...asked, askedAt: now });
    await tellPerson?.(tx);
    await insertAudit(tx, {
      actor: supportActor(operator),
      action: "support.ask",
      subject: mailbox ?? slug,
      detail: { id: added, reason, hours, scope: asked.scope },
    });
    return added;
  });
  if (accountId !== null) changes.committed(tenant.id, [accountId]);
  await tellAgency(outbound, tenant.id, detail);
  return id;
}

async function personBehind(outbound: Outbound, tenantId: TenantId, address: string): Promise<AccountId> {
  const found = await outbound.store.db.tenant(tenantId, (tx) => findAccounts(tx, [address]));
  const account = found.get(address);
  if (account === undefined || account.address !== address)
    throw new MailError("address_unknown", { address });
  if (account.isShared) throw new MailError("forbidden", { address, reason: "a shared account" });
  return account.id;
}

/** Somebody of the agency agrees: an owner, or the person whose mailbox it is. The person hears of it in the commit that opens the mailbox.
 * @param hours null: as many as were asked for @throws {MailError} support_unknown, support_closed, forbidden, unavailable */
export async function agreeToSupport(
  outbound: Outbound,
  by: Decider,
  id: string,
  hours: number | null,
): Promise<SupportAccess> {
  const { db, clock, changes } = outbound.store;
  const { tenantId, address } = by;
  const now = clock();
  const before = await db.tenant(tenantId, (tx) => lockSupport(tx, id));
  if (before === undefined) throw new MailError("support_unknown");
  const forHours = Math.min(before.hours, before.grantedHours ?? before.hours, hours ?? before.hours);
  const expiresAt = now + forHours * HOUR_MS;
  const until = `${new Date(expiresAt).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const detail = detailOf(before, "granted", { by: address, until });
  const tellPerson = await letterToPerson(outbound, tenantId, before, detail);
  const { isGranted, view } = await db.tenant(tenantId, async (tx) => {
    const one = await lockSupport(tx, id);
    if (one === undefined) throw new MailError("support_unknown");
    const outcome = await decide(tx, one, by, now);
    if (outcome === "closed") throw new MailError("support_closed");
    if (outcome === "forbidden")
      throw new MailError("forbidden", { why: "no owner, or the same person twice" });
    const granted = outcome === "granted";
    await agreeSupport(tx, id, { by: address, now, hours: forHours, expiresAt: granted ? expiresAt : null });
    if (granted) await tellPerson?.(tx);
    const subject = one.mailbox ?? (await readTenant(tx)).slug;
    const action = granted ? "support.grant" : "support.agree";
    await insertAudit(tx, {
      actor: address,
      action,
      subject,
      detail: { id, operator: one.operator, reason: one.reason, hours: forHours },
    });
    return { isGranted: granted, view: await supportAccess(tx, id, now) };
  });
  if (isGranted) {
    if (before.accountId !== null) changes.committed(tenantId, [before.accountId]);
    await tellAgency(outbound, tenantId, detail);
  }
  return view;
}

async function decide(
  tx: TenantTx,
  one: StoredSupport,
  { accountId, address }: Decider,
  now: number,
): Promise<ReturnType<typeof decideAgree>> {
  const owners = await listOwners(tx);
  const agreed = addressesOf(one);
  const others = [...(await findAccounts(tx, agreed)).values()];
  const by = { address, isOwner: owners.includes(accountId), isPerson: one.accountId === accountId };
  const hasOwner = others.some((other) => owners.includes(other.id));
  return decideAgree({ ...one, agreed }, by, hasOwner, await neededFor(tx, one), now);
}

/** Refuses an access that waits, or ends one that is open, at once.
 * @param mustBeTheirs only an access to their own mailbox @throws {MailError} support_unknown, support_closed, unavailable */
export async function closeSupportAccess(
  outbound: Outbound,
  by: Omit<Decider, "accountId"> & { readonly accountId: AccountId | null },
  id: string,
  { as, mustBeTheirs = false }: { readonly as: "refused" | "ended"; readonly mustBeTheirs?: boolean },
): Promise<SupportAccess> {
  const { db, clock } = outbound.store;
  const { tenantId, address } = by;
  const now = clock();
  const { one, view } = await db.tenant(tenantId, async (tx) => {
    const found = await lockSupport(tx, id);
    if (found === undefined || (mustBeTheirs && found.accountId !== by.accountId))
      throw new MailError("support_unknown");
    const state = supportState({ ...found, agreed: addressesOf(found) }, now);
    if (state !== (as === "refused" ? "asked" : "granted")) throw new MailError("support_closed");
    await closeSupport(tx, id, { by: address, as, now });
    await insertAudit(tx, {
      actor: address,
      action: as === "refused" ? "support.refuse" : "support.end",
      subject: found.mailbox ?? (await readTenant(tx)).slug,
      detail: { id, operator: found.operator },
    });
    return { one: found, view: await supportAccess(tx, id, now) };
  });
  await tellAgency(outbound, tenantId, detailOf(one, "closed", { by: address }));
  return view;
}

/** One's own mailbox: only the person whose it is may say yes. @throws {MailError} support_unknown and as `agreeToSupport` */
export async function agreeForOwn(outbound: Outbound, by: Decider, id: string): Promise<SupportAccess> {
  const found = await outbound.store.db.tenant(by.tenantId, (tx) => lockSupport(tx, id));
  if (found === undefined || found.accountId !== by.accountId) throw new MailError("support_unknown");
  return agreeToSupport(outbound, by, id, null);
}
