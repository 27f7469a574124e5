import type { PersonChange, PersonDetail, SignOutAnswer } from "../contract/people.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId } from "../kernel/id.ts";
import {
  insertAudit,
  isLastOwner,
  newScramVerifier,
  requireOwnDomain,
  type Tenancy,
  upsertPassword,
} from "../tenants/index.ts";
import type { PeopleChanger } from "./changer.ts";
import { deleteInvitation } from "./invitation.store.ts";
import {
  endAccess,
  type FoundPerson,
  moveToAddress,
  readPersonPage,
  releaseAddresses,
  setInvited,
  setPersonState,
  updateCard,
  updatePerson,
} from "./person.store.ts";
import { requireDomain, requirePower, requireReach } from "./reach.ts";

async function readDetail(tx: TenantTx, id: AccountId, now: number): Promise<PersonDetail> {
  const { sentTo, invitedUntil, ...rest } = await readPersonPage(tx, id, now);
  return { ...rest, invitation: invitedUntil === null ? null : { sentTo, expiresAt: invitedUntil } };
}

/** @throws {MailError} account_unknown */
export function readPerson({ db, clock }: Tenancy, by: PeopleChanger, id: string): Promise<PersonDetail> {
  return db.tenant(by.tenantId, async (tx) => readDetail(tx, (await requireReach(tx, by, id)).id, clock()));
}

/** Nobody locks themselves out, and an agency keeps an owner. @throws {MailError} own_account, owner_last */
async function requireMaySwitchOff(tx: TenantTx, by: PeopleChanger, person: FoundPerson): Promise<void> {
  if (person.id === by.accountId) throw new MailError("own_account", {});
  if (await isLastOwner(tx, person.id)) throw new MailError("owner_last", {});
}

async function switchOff(
  tx: TenantTx,
  id: AccountId,
  how: "disabled" | "removed",
  now: number,
): Promise<void> {
  await setPersonState(tx, id, how, now);
  await deleteInvitation(tx, id);
  await endAccess(tx, id, { appPasswords: how === "removed" });
}

/** Changes what is named. @throws {MailError} account_unknown, forbidden, own_account, owner_last, address_exists, domain_unknown, invalid_input */
export async function changePerson(
  tenancy: Tenancy,
  by: PeopleChanger,
  id: string,
  wanted: PersonChange,
): Promise<PersonDetail> {
  const now = tenancy.clock();
  const { address, disabled, jobTitle, unit, phone, isUnlisted, ...plain } = wanted;
  const card = { jobTitle, unit, phone, isUnlisted };
  const detail = await tenancy.db.tenant(by.tenantId, async (tx) => {
    const person = await requirePower(tx, by, id);
    if (person.state === "removed") throw new MailError("account_unknown", { id });
    if (address !== undefined) await moveAddress(tx, by, person, address);
    if (Object.values(plain).some((one) => one !== undefined)) await updatePerson(tx, person.id, plain);
    const named = Object.fromEntries(Object.entries(card).filter(([, value]) => value !== undefined));
    if (Object.keys(named).length > 0) await updateCard(tx, person.id, named);
    if (disabled !== undefined) await setDisabled(tx, by, person, disabled, now);
    const said = Object.entries({ ...plain, ...named }).filter(([, value]) => value !== undefined);
    if (said.length > 0)
      await insertAudit(tx, {
        actor: by.actor,
        action: "person.change",
        subject: person.address,
        detail: { fields: said.map(([name]) => name).join(" ") },
      });
    return readDetail(tx, person.id, now);
  });
  tenancy.recipients.clear();
  return detail;
}

async function moveAddress(
  tx: TenantTx,
  by: PeopleChanger,
  person: FoundPerson,
  given: string,
): Promise<void> {
  const address = await requireOwnDomain(tx, given, "address");
  requireDomain(by, address);
  if (address === person.address) return;
  await moveToAddress(tx, person.id, address);
  const detail = { to: address };
  await insertAudit(tx, { actor: by.actor, action: "person.address", subject: person.address, detail });
}

async function setDisabled(
  tx: TenantTx,
  by: PeopleChanger,
  person: FoundPerson,
  disabled: boolean,
  now: number,
): Promise<void> {
  if ((person.state === "disabled") === disabled) return;
  if (disabled) {
    await requireMaySwitchOff(tx, by, person);
    await switchOff(tx, person.id, "disabled", now);
  } else await setPersonState(tx, person.id, "enabled", now);
  const action = disabled ? "person.disable" : "person.enable";
  await insertAudit(tx, { actor: by.actor, action, subject: person.address });
}

/** Hides a person: nobody signs in to the account any more, and their mail stays. Twice is once.
 * @param releases their addresses are free for others
 * @throws {MailError} account_unknown, forbidden, own_account, owner_last */
export async function removePerson(
  tenancy: Tenancy,
  by: PeopleChanger,
  id: string,
  releases: boolean,
): Promise<void> {
  await tenancy.db.tenant(by.tenantId, async (tx) => {
    const person = await requirePower(tx, by, id);
    await requireMaySwitchOff(tx, by, person);
    if (person.state !== "removed") await switchOff(tx, person.id, "removed", tenancy.clock());
    const released = releases ? await releaseAddresses(tx, person.id) : [];
    if (person.state === "removed" && released.length === 0) return;
    await insertAudit(tx, {
      actor: by.actor,
      action: "person.remove",
      subject: person.address,
      ...(releases ? { detail: { released: released.join(" ") } } : {}),
    });
  });
  tenancy.recipients.clear();
}

/** @throws {MailError} account_unknown: also when they are not removed; address_exists: somebody else has the address now; domain_unknown */
export async function restorePerson(tenancy: Tenancy, by: PeopleChanger, id: string): Promise<PersonDetail> {
  const now = tenancy.clock();
  const detail = await tenancy.db.tenant(by.tenantId, async (tx) => {
    const person = await requirePower(tx, by, id);
    if (person.state !== "removed") throw new MailError("account_unknown", { id });
    await requireOwnDomain(tx, person.address, "address");
    await moveToAddress(tx, person.id, person.address);
    await setPersonState(tx, person.id, "enabled", now);
    await insertAudit(tx, { actor: by.actor, action: "person.restore", subject: person.address });
    return readDetail(tx, person.id, now);
  });
  tenancy.recipients.clear();
  return detail;
}

/** Makes a new password, which ends browser sessions and connections. @throws {MailError} account_unknown, forbidden, account_disabled */
export async function renewPassword(tenancy: Tenancy, by: PeopleChanger, id: string): Promise<string> {
  const { db, passwords } = tenancy;
  const { id: accountId } = await db.tenant(by.tenantId, (tx) => requirePower(tx, by, id));
  const password = passwords.newPassword();
  const verifier = await passwords.hash(password);
  const scram = await newScramVerifier(tenancy, by.tenantId, accountId, password);
  await db.tenant(by.tenantId, async (tx) => {
    const person = await requirePower(tx, by, id);
    if (person.state === "removed" || person.state === "disabled")
      throw new MailError("account_disabled", { id });
    await upsertPassword(tx, person.id, verifier, scram);
    await deleteInvitation(tx, person.id);
    await setInvited(tx, person.id, null);
    await endAccess(tx, person.id, { appPasswords: false });
    await insertAudit(tx, { actor: by.actor, action: "person.password", subject: person.address });
  });
  return password;
}

/** Signs a person out everywhere. @throws {MailError} account_unknown, forbidden */
export function signOutPerson(
  { db }: Tenancy,
  by: PeopleChanger,
  id: string,
  { appPasswords }: { readonly appPasswords: boolean },
): Promise<SignOutAnswer> {
  return db.tenant(by.tenantId, async (tx) => {
    const person = await requirePower(tx, by, id);
    const ended = await endAccess(tx, person.id, { appPasswords });
    const detail = { ...ended };
    await insertAudit(tx, { actor: by.actor, action: "person.sign_out", subject: person.address, detail });
    return ended;
  });
}
