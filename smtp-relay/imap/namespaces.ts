import type { TenantTx } from "../../src/db/index.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { AccountId } from "../../src/kernel/id.ts";
import {
  type Rights,
  type SharedMailbox,
  listMailboxes,
  listSharedMailboxes,
  may,
  readTopRights,
} from "../../src/mailstore/index.ts";
import { DELIMITER, parentsOf } from "../../src/protocol/imap/index.ts";
import { type Branch, levelOf, MailboxTree, type NamedMailbox, ownBranch } from "./mailbox-tree.ts";

/** How names begin of mailboxes that are not one's own (RFC 2342): of people, and of accounts that nobody signs in to. */
export const OTHER_USERS = `Other Users${DELIMITER}`;
export const SHARED = `Shared${DELIMITER}`;

/** Whether a name is in one of these namespaces, or is the level above all of one. */
export function isReserved(path: string): boolean {
  const name = `${path}${DELIMITER}`;
  return name.startsWith(OTHER_USERS) || name.startsWith(SHARED);
}

/** Whether a pattern can fit anything in them. */
function reaches(pattern: string): boolean {
  const literal = /^[^%*]*/.exec(pattern)?.[0] ?? "";
  if (literal === pattern) return isReserved(pattern);
  return [OTHER_USERS, SHARED].some((prefix) => prefix.startsWith(literal) || literal.startsWith(prefix));
}

/** Whose mailbox a name is, when it is one of these: the level after the namespace, which is the owner's first address. */
function ownerIn(path: string): string | undefined {
  const owner = path.split(DELIMITER)[1];
  // A name that `levelOf` has changed leads to all of them.
  return owner === undefined || owner !== levelOf(owner) || owner.includes("\u2215") ? undefined : owner;
}

function branchesOf(boxes: readonly SharedMailbox[]): Branch[] {
  return [...Map.groupBy(boxes, ({ accountId }) => accountId)].map(([accountId, of]) => {
    const [first] = of;
    const namespace = first?.ownerKind === "shared" ? SHARED : OTHER_USERS;
    return { prefix: `${namespace}${levelOf(first?.owner ?? "")}${DELIMITER}`, accountId, boxes: of };
  });
}

/** All that an account may know of: its own mailboxes first, which no other hides, then those of others. Two statements, in one go. */
export async function readNames(tx: TenantTx, accountId: AccountId, owner?: string): Promise<MailboxTree> {
  const [own, shared] = await Promise.all([
    listMailboxes(tx, accountId),
    listSharedMailboxes(tx, accountId, owner),
  ]);
  return new MailboxTree([ownBranch(accountId, own), ...branchesOf(shared)]);
}

/** The names that patterns can fit; who asks for own ones alone costs one statement. */
export async function readNamesFor(
  tx: TenantTx,
  accountId: AccountId,
  patterns: readonly string[],
): Promise<MailboxTree> {
  if (patterns.some(reaches)) return readNames(tx, accountId);
  return new MailboxTree([ownBranch(accountId, await listMailboxes(tx, accountId))]);
}

/** The names among which one is to be looked for, or is to be made. */
export async function readNamesAround(
  tx: TenantTx,
  accountId: AccountId,
  path: string,
): Promise<MailboxTree> {
  if (isReserved(path)) return readNames(tx, accountId, ownerIn(path));
  return new MailboxTree([ownBranch(accountId, await listMailboxes(tx, accountId))]);
}

/** The mailbox of this name, if there is one and all of these rights to it.
 * @param letters of RFC 4314; "" for any right
 * @throws {MailError} mailbox_unknown, forbidden */
export async function findMailbox(
  tx: TenantTx,
  accountId: AccountId,
  path: string,
  letters: string,
): Promise<NamedMailbox> {
  const named = (await readNamesAround(tx, accountId, path)).get(path);
  requireRights(named.rights, letters);
  return named;
}

/** The mailbox of this name, into which a message is to go.
 * @throws {MailError} target_unknown, forbidden */
export async function findTarget(tx: TenantTx, accountId: AccountId, path: string): Promise<NamedMailbox> {
  const target = (await readNamesAround(tx, accountId, path)).find(path);
  if (target === undefined) throw new MailError("target_unknown", {});
  requireRights(target.rights, "i");
  return target;
}

/** In whose mailboxes a new name belongs, and how names begin there. A right to make mailboxes is needed to the nearest one above that
 * there is (RFC 4314 §4), or to all of a shared account.
 * @throws {MailError} forbidden */
export async function branchFor(
  tx: TenantTx,
  me: AccountId,
  tree: MailboxTree,
  path: string,
): Promise<{ readonly accountId: AccountId; readonly prefix: string }> {
  const above = parentsOf(path)
    .map((parent) => tree.find(parent))
    .find((named) => named !== undefined);
  if (above?.accountId === me || (above === undefined && !isReserved(path)))
    return { accountId: me, prefix: "" };
  const prefix = `${path.split(DELIMITER, 2).join(DELIMITER)}${DELIMITER}`;
  const accountId = (above ?? tree.all.find((named) => named.path.startsWith(prefix)))?.accountId;
  if (accountId === undefined || path.length <= prefix.length) throw new MailError("forbidden", {});
  const rights = above?.rights ?? (await readTopRights(tx, me, accountId));
  if (!may(rights, "k")) throw new MailError("forbidden", {});
  return { accountId, prefix };
}

/** @param isKnown whether it is known to be there: whoever may not list it hears that it is not (RFC 4314 §6)
 * @throws {MailError} forbidden, mailbox_unknown */
export function requireRights(rights: Rights, letters: string, isKnown = may(rights, "l")): void {
  if (rights !== 0 && may(rights, letters)) return;
  throw new MailError(isKnown ? "forbidden" : "mailbox_unknown", { letters });
}
