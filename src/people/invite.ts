import { sourceOf } from "../blob/index.ts";
import { Locale } from "../contract/signup.ts";
import type { InvitationLink } from "../contract/people.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { AccountId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import { type Outbound, submit } from "../outbound/index.ts";
import { parseRcptTo } from "../protocol/smtp/index.ts";
import {
  insertAudit,
  newScramVerifier,
  type Principal,
  type Tenancy,
  requirePassword,
  upsertPassword,
} from "../tenants/index.ts";
import type { PeopleChanger } from "./changer.ts";
import { deleteInvitation, findInvited, type InvitedPerson, upsertInvitations } from "./invitation.store.ts";
import { printInvitation } from "./invitation-letter.ts";
import { newInvitationToken, readInvitationToken } from "./invitation-token.ts";
import { readInviter } from "./inviter.store.ts";
import { setInvited, updatePerson } from "./person.store.ts";
import { requirePower } from "./reach.ts";

/** How long a link works. */
export const INVITATION_MS = 7 * 86_400_000;

export const invitationUrl = ({ publicUrl, hostname }: Outbound, token: string): string =>
  `${publicUrl ?? `https://${hostname}`}/invitation/${token}`;

/** A link for somebody, and what goes into the commit that makes it work. */
export interface PreparedInvitation {
  readonly answer: InvitationLink;
  /** to be called in the transaction */
  readonly keep: (tx: TenantTx) => Promise<void>;
}

/** @param to an address outside that gets the letter; undefined: the link is handed over */
export async function prepareInvitation(
  outbound: Outbound,
  by: PeopleChanger,
  accountId: AccountId,
  to: string | undefined,
): Promise<PreparedInvitation> {
  const { clock, random } = outbound.store;
  const { token, tokenHash } = await newInvitationToken(by.tenantId, random);
  const createdAt = clock();
  const expiresAt = createdAt + INVITATION_MS;
  const sentTo = to ?? null;
  const row = { accountId, tokenHash, sentTo, createdBy: by.actor, createdAt, expiresAt };
  return {
    answer: {
      link: invitationUrl(outbound, token),
      expiresAt: new Date(expiresAt).toISOString(),
      sentTo,
    },
    keep: (tx) => upsertInvitations(tx, [row]),
  };
}

/** Whom a letter is about. */
export interface Invitee {
  readonly address: string;
  readonly name: string;
  readonly locale: string;
}

/** Sends the letter with a link that works by now. It counts as mail of who invites, so that nobody makes people up to write to strangers.
 * @returns the link as it was; `sentTo` is null when nothing could be sent, and the link has to be handed over */
export async function sendInvitation(
  outbound: Outbound,
  { tenantId, accountId }: PeopleChanger,
  invitee: Invitee,
  answer: InvitationLink,
): Promise<InvitationLink> {
  const { db, clock, random } = outbound.store;
  const { link, sentTo } = answer;
  if (sentTo === null) return answer;
  if (accountId === null) return { ...answer, sentTo: null };
  const { agency, name, address } = await db.tenant(tenantId, (tx) => readInviter(tx, accountId));
  const bytes = printInvitation({
    agency,
    from: { name, address },
    to: sentTo,
    address: invitee.address,
    name: invitee.name,
    locale: Locale.catch("en").parse(invitee.locale),
    link,
    at: clock(),
    messageId: `${newUuid(clock, random)}@${address.slice(address.lastIndexOf("@") + 1)}`,
  });
  try {
    await submit(
      outbound,
      { tenantId, accountId, address, name },
      {
        content: sourceOf(bytes),
        envelope: {
          mailFrom: address,
          rcptTo: [{ address: sentTo, notify: null, orcpt: null }],
          smtpUtf8: false,
          ret: "HDRS",
          envid: null,
        },
        received: "",
        removeBcc: false,
        client: { ip: null, isLimited: true, unknownRecipients: 0 },
      },
    );
    return answer;
  } catch (error) {
    if (!(error instanceof MailError) || error.code === "unavailable") throw error;
    return { ...answer, sentTo: null };
  }
}

/** @throws {MailError} invalid_input: nothing can be sent to this address */
export function requireMailable(to: string | undefined, field: string): void {
  if (to === undefined) return;
  const path = parseRcptTo(`TO:<${to}>`);
  if (!path.ok || path.value.path.needsUtf8)
    throw new MailError("invalid_input", { errors: [{ field, code: "malformed" }] });
}

/** Invites a person again: the links that they had are dead. Somebody who forgot the password may use it too.
 * @throws {MailError} account_unknown, forbidden, account_disabled, invalid_input */
export async function inviteAgain(
  outbound: Outbound,
  by: PeopleChanger,
  id: string,
  to: string | undefined,
): Promise<InvitationLink> {
  const { db } = outbound.store;
  requireMailable(to, "to");
  const { person, answer } = await db.tenant(by.tenantId, async (tx) => {
    const found = await requirePower(tx, by, id);
    if (found.state === "disabled" || found.state === "removed")
      throw new MailError("account_disabled", { id });
    const made = await prepareInvitation(outbound, by, found.id, to);
    await made.keep(tx);
    const detail = { to: to ?? "" };
    await insertAudit(tx, { actor: by.actor, action: "person.invite", subject: found.address, detail });
    return { person: found, answer: made.answer };
  });
  return sendInvitation(outbound, by, person, answer);
}

/** Makes a link dead. It is no error when there is none. @throws {MailError} account_unknown, forbidden */
export async function withdrawInvitation({ store }: Outbound, by: PeopleChanger, id: string): Promise<void> {
  await store.db.tenant(by.tenantId, async (tx) => {
    const person = await requirePower(tx, by, id);
    if (!(await deleteInvitation(tx, person.id))) return;
    await insertAudit(tx, { actor: by.actor, action: "person.uninvite", subject: person.address });
  });
}

async function requireInvited(tx: TenantTx, tokenHash: Uint8Array, now: number): Promise<InvitedPerson> {
  const found = await findInvited(tx, tokenHash);
  if (found === undefined) throw new MailError("link_invalid", {});
  if (found.expiresAt <= now) throw new MailError("link_expired", {});
  return found;
}

/** Whom a link invites. @throws {MailError} link_invalid, link_expired */
export async function readInvitation({ db, clock }: Tenancy, token: string): Promise<InvitedPerson> {
  const read = await readInvitationToken(token);
  if (read === null) throw new MailError("link_invalid", {});
  return db.tenant(read.tenantId, (tx) => requireInvited(tx, read.tokenHash, clock()));
}

/** Uses a link up: sets the password. @returns who has signed in with it @throws {MailError} link_invalid, link_expired,
 * invalid_input: the agency demands a longer one */
export async function acceptInvitation(
  tenancy: Tenancy,
  token: string,
  { password, locale }: { readonly password: string; readonly locale?: Locale | undefined },
): Promise<Principal> {
  const { db, clock, passwords } = tenancy;
  const read = await readInvitationToken(token);
  if (read === null) throw new MailError("link_invalid", {});
  const { tenantId, tokenHash } = read;
  const { accountId } = await db.tenant(tenantId, async (tx) => {
    const invited = await requireInvited(tx, tokenHash, clock());
    await requirePassword(tx, password, "password");
    return invited;
  });
  // The slow part, outside of the transaction.
  const verifier = await passwords.hash(password);
  const scram = await newScramVerifier(tenancy, tenantId, accountId, password);
  return db.tenant(tenantId, async (tx) => {
    const person = await requireInvited(tx, tokenHash, clock());
    await deleteInvitation(tx, person.accountId);
    await upsertPassword(tx, person.accountId, verifier, scram);
    await setInvited(tx, person.accountId, null);
    if (locale !== undefined) await updatePerson(tx, person.accountId, { locale });
    const { address, name } = person;
    await insertAudit(tx, { actor: address, action: "person.accept", subject: address });
    return { tenantId, accountId: person.accountId, address, name };
  });
}
