import type { TenantTx } from "../../src/db/index.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { AccountId, MailboxId } from "../../src/kernel/id.ts";
import { type Mailbox, type MailboxRole, insertMailbox, listMailboxes } from "../../src/mailstore/index.ts";
import { DELIMITER } from "../../src/protocol/imap/index.ts";

/** A mailbox with its whole name. */
export interface NamedMailbox {
  readonly path: string;
  readonly box: Mailbox;
  readonly hasChildren: boolean;
}

/** RFC 6154 §2. The inbox has its name. */
const ATTRIBUTE_OF: { readonly [R in MailboxRole]?: string } = {
  archive: "\\Archive",
  drafts: "\\Drafts",
  junk: "\\Junk",
  sent: "\\Sent",
  trash: "\\Trash",
};

/** The special-use attribute of a mailbox, if it has one. */
export function specialUse(box: Mailbox): string | undefined {
  return box.role === null ? undefined : ATTRIBUTE_OF[box.role];
}

/** The role that a special-use attribute asks for. */
export function roleOf(attribute: string): MailboxRole | undefined {
  const wanted = attribute.toLowerCase();
  const roles: readonly MailboxRole[] = ["archive", "drafts", "junk", "sent", "trash"];
  return roles.find((role) => ATTRIBUTE_OF[role]?.toLowerCase() === wanted);
}

/** Longest name of one level that is stored. */
const MAX_LEVEL = 255;
const MAX_LEVELS = 20;

/** JMAP allows "/" inside a name (RFC 8621 §2); here it stands between levels, so a look-alike takes its place. */
function levelOf(name: string): string {
  return name.replaceAll(DELIMITER, "\u2215");
}

/** All mailboxes of the account with their whole names. */
export async function readTree(tx: TenantTx, accountId: AccountId): Promise<MailboxTree> {
  return new MailboxTree(await listMailboxes(tx, accountId));
}

/** The mailboxes of one account at one moment, by their names; each stands before those below it. */
export class MailboxTree {
  readonly all: readonly NamedMailbox[];
  readonly #byPath: ReadonlyMap<string, NamedMailbox>;

  /** @param boxes in the order in which those of one level are to be told */
  constructor(boxes: readonly Mailbox[]) {
    this.all = inTreeOrder(
      Map.groupBy(boxes, ({ parentId }) => parentId),
      null,
      "",
    );
    this.#byPath = new Map(this.all.map((named) => [named.path, named]));
  }

  find(path: string): NamedMailbox | undefined {
    return this.#byPath.get(path);
  }

  /** @throws {MailError} mailbox_unknown */
  get(path: string): NamedMailbox {
    const found = this.find(path);
    if (found === undefined) throw new MailError("mailbox_unknown", {});
    return found;
  }
}

function inTreeOrder(
  byParent: ReadonlyMap<MailboxId | null, readonly Mailbox[]>,
  parentId: MailboxId | null,
  prefix: string,
): NamedMailbox[] {
  return (byParent.get(parentId) ?? []).flatMap((box) => {
    const path = prefix + levelOf(box.name);
    const named = { path, box, hasChildren: byParent.has(box.id) };
    return named.hasChildren ? [named, ...inTreeOrder(byParent, box.id, path + DELIMITER)] : [named];
  });
}

/** A path cut into the level it names and where that level goes. */
export interface Place {
  readonly name: string;
  readonly parentId: MailboxId | null;
}

/**
 * Where a new name goes; levels above it that are missing are made (RFC 9051 §6.3.4).
 * @throws {MailError} invalid_input: an empty level, or names longer or deeper than we keep
 */
export async function makePlace(
  tx: TenantTx,
  accountId: AccountId,
  tree: MailboxTree,
  path: string,
): Promise<Place> {
  const levels = path.split(DELIMITER);
  const name = levels.pop() ?? "";
  const isWrong = [...levels, name].some((level) => level === "" || level.length > MAX_LEVEL);
  if (isWrong || levels.length >= MAX_LEVELS) throw new MailError("invalid_input", {});
  let parentId: MailboxId | null = null;
  for (let depth = 1; depth <= levels.length; depth++) {
    const above = tree.find(levels.slice(0, depth).join(DELIMITER));
    const level = levels[depth - 1] ?? "";
    parentId = above?.box.id ?? (await insertMailbox(tx, accountId, { name: level, parentId })).id;
  }
  return { name, parentId };
}
