import { z } from "zod";
import { Mandate, type MandateChange, type MandateRole, type NewMandate } from "../contract/mandates.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { bumpModseq, lettersOf, type Mailstore, SHARED_ROLES } from "../mailstore/index.ts";
import { findAccounts, insertAudit } from "../tenants/index.ts";
import type { PeopleChanger } from "./changer.ts";
import {
  deleteMandate,
  endHoldersAt,
  findMandate,
  type HolderRights,
  insertMandate,
  isHeld,
  listMandates,
  listTurnedTenants,
  lockMailbox,
  type MandateRow,
  readNow,
  takeTurned,
  touchMailboxes,
  updateMandate,
} from "./mandate.store.ts";
import { reachesDomain } from "./reach.ts";
import { findShared } from "./shared-mailbox.store.ts";
import { canonicalOr404 } from "./shared-mailboxes.ts";

const rightsOf = (role: MandateRole): HolderRights => ({
  role,
  letters: lettersOf(SHARED_ROLES[role].rights),
  canSend: SHARED_ROLES[role].canSend,
});

const toIso = (given: string): string => new Date(given).toISOString();

/** @throws {MailError} mandate_unknown */
async function requireMandate(tx: TenantTx, by: PeopleChanger, id: string): Promise<MandateRow> {
  const found = z.uuid().safeParse(id).success ? await findMandate(tx, id) : undefined;
  if (found === undefined || !reachesDomain(by, found.domain)) throw new MailError("mandate_unknown", { id });
  return found;
}

const tell = (row: MandateRow): Mandate => Mandate.parse(row);

/** @throws {MailError} mandate_unknown */
export function readMandate({ db }: Mailstore, by: PeopleChanger, id: string): Promise<Mandate> {
  return db.tenant(by.tenantId, async (tx) => tell(await requireMandate(tx, by, id)));
}

/** A page, the latest start first; one row more than `limit`. */
export async function findMandates(
  { db }: Mailstore,
  { tenantId, domains }: PeopleChanger,
  query: Pick<Parameters<typeof listMandates>[1], "mailboxId" | "state" | "after" | "limit">,
): Promise<Mandate[]> {
  const { mailboxId } = query;
  if (mailboxId !== undefined && !z.uuid().safeParse(mailboxId).success) return [];
  const rows = await db.tenant(tenantId, (tx) =>
    listMandates(tx, { ...query, domains, limit: query.limit + 1 }),
  );
  return rows.map(tell);
}

/** Whoever watches the mailbox, or holds it, looks again. */
async function changed(tx: TenantTx, mailboxId: AccountId): Promise<void> {
  await touchMailboxes(tx, mailboxId, await bumpModseq(tx, mailboxId));
}

/** @throws {MailError} invalid_input: the end is not after the start */
function requireOrder(startsAt: string, endsAt: string | null): void {
  if (endsAt !== null && endsAt <= startsAt)
    throw new MailError("invalid_input", { errors: [{ field: "endsAt", code: "malformed" }] });
}

/** Gives somebody an office for a time.
 * @throws {MailError} address_unknown (mailbox or holder), invalid_input, mandate_overlaps */
export async function addMandate(
  { db, clock, random, changes }: Mailstore,
  by: PeopleChanger,
  wanted: NewMandate,
): Promise<Mandate> {
  const id = newUuid(clock, random);
  const made = await db.tenant(by.tenantId, async (tx) => {
    const mailbox = await findShared(tx, { address: canonicalOr404(wanted.mailbox) });
    if (mailbox === undefined || mailbox.isResource || !reachesDomain(by, mailbox.domain))
      throw new MailError("address_unknown", { mailbox: wanted.mailbox });
    const address = canonicalOr404(wanted.holder);
    const holder = (await findAccounts(tx, [address])).get(address);
    if (holder === undefined || holder.isShared || holder.disabled)
      throw new MailError("address_unknown", { holder: wanted.holder });
    await lockMailbox(tx, mailbox.id);
    const startsAt = wanted.startsAt === undefined ? await readNow(tx) : toIso(wanted.startsAt);
    const endsAt = wanted.endsAt === null ? null : toIso(wanted.endsAt);
    requireOrder(startsAt, endsAt);
    if (wanted.endCurrent)
      for (const ended of await endHoldersAt(tx, mailbox.id, startsAt)) await audit(tx, by, "change", ended);
    if (await isHeld(tx, mailbox.id, { startsAt, endsAt, except: null }))
      throw new MailError("mandate_overlaps", { mailbox: mailbox.address });
    const times = { startsAt, endsAt };
    await insertMandate(tx, {
      id,
      mailboxId: mailbox.id,
      holderId: holder.id,
      ...rightsOf(wanted.role),
      ...times,
    });
    await changed(tx, mailbox.id);
    await audit(tx, by, "add", id);
    return requireMandate(tx, by, id);
  });
  changes.committed(by.tenantId, [made.mailboxId, made.holderId]);
  return tell(made);
}

async function audit(
  tx: TenantTx,
  by: PeopleChanger,
  verb: "add" | "change" | "remove",
  id: string,
): Promise<void> {
  const { mailbox, holder, role, startsAt, endsAt } = await requireMandate(tx, { ...by, domains: null }, id);
  const detail = { holder, role, startsAt, endsAt: endsAt ?? "" };
  await insertAudit(tx, { actor: by.actor, action: `mandate.${verb}`, subject: mailbox, detail });
}

/** Changes what is named. An end that has passed means now; what has begun keeps its start.
 * @throws {MailError} mandate_unknown, mandate_ended, mandate_overlaps, invalid_input */
export async function changeMandate(
  { db, changes }: Mailstore,
  by: PeopleChanger,
  id: string,
  wanted: MandateChange | { readonly endsAt: "now" },
): Promise<Mandate> {
  const made = await db.tenant(by.tenantId, async (tx) => {
    await lockMailbox(tx, (await requireMandate(tx, by, id)).mailboxId);
    const was = await requireMandate(tx, by, id);
    const change: MandateChange = wanted.endsAt === "now" ? {} : wanted;
    const movesStart = change.startsAt !== undefined && toIso(change.startsAt) !== was.startsAt;
    if (was.state === "ended" || (movesStart && was.state === "current"))
      throw new MailError("mandate_ended", { id });
    if (wanted.endsAt === "now" && was.state === "planned") throw new MailError("mandate_ended", { id });
    const now = await readNow(tx);
    const startsAt = change.startsAt === undefined ? was.startsAt : toIso(change.startsAt);
    let endsAt = wanted.endsAt === "now" ? now : was.endsAt;
    if (change.endsAt !== undefined) endsAt = change.endsAt === null ? null : toIso(change.endsAt);
    if (was.state === "current" && endsAt !== null && endsAt < now) endsAt = now;
    if (was.state === "planned") requireOrder(startsAt, endsAt);
    if (await isHeld(tx, was.mailboxId, { startsAt, endsAt, except: id }))
      throw new MailError("mandate_overlaps", { id });
    await updateMandate(tx, id, { ...rightsOf(change.role ?? was.role), startsAt, endsAt });
    await changed(tx, was.mailboxId);
    await audit(tx, by, "change", id);
    return requireMandate(tx, by, id);
  });
  changes.committed(by.tenantId, [made.mailboxId, made.holderId]);
  return tell(made);
}

/** Takes back one that has not begun. @throws {MailError} mandate_unknown, mandate_ended */
export async function removeMandate({ db }: Mailstore, by: PeopleChanger, id: string): Promise<void> {
  await db.tenant(by.tenantId, async (tx) => {
    await lockMailbox(tx, (await requireMandate(tx, by, id)).mailboxId);
    const { state } = await requireMandate(tx, by, id);
    if (state !== "planned") throw new MailError("mandate_ended", { id });
    await audit(tx, by, "remove", id);
    await deleteMandate(tx, id);
  });
}

/** Wakes whoever watches a mailbox that has changed hands, and writes it into the audit log. The access itself has changed at the very
 * moment, whenever this runs. @returns how many turned */
export async function tellTurnedMandates({ db, changes }: Mailstore, stopping: AbortSignal): Promise<number> {
  let told = 0;
  for (const tenantId of await db.system("mandates that began or ended", listTurnedTenants)) {
    if (stopping.aborted) break;
    const turned = await db.tenant(tenantId, async (tx) => {
      const all = await takeTurned(tx);
      for (const { mailboxId, mailbox, holder, begun, ended } of all) {
        await changed(tx, mailboxId);
        const detail = { holder };
        const row = { actor: "system", subject: mailbox, detail };
        if (begun) await insertAudit(tx, { ...row, action: "mandate.begin" });
        if (ended) await insertAudit(tx, { ...row, action: "mandate.end" });
      }
      return all;
    });
    changes.committed(tenantId, new Set(turned.flatMap((one) => [one.mailboxId, one.holderId])));
    told += turned.length;
  }
  return told;
}
