import type { TenantTx } from "../../src/db/index.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { AccountId, MailboxId } from "../../src/kernel/id.ts";
import {
  ALL_RIGHTS,
  type Mailbox,
  type MailboxRole,
  type Rights,
  insertMailbox,
  listMailboxes,
  may,
} from "../../src/mailstore/index.ts";
import { DELIMITER } from "../../src/protocol/imap/index.ts";

/** A mailbox with its whole name. */
export interface NamedMailbox {
  readonly path: string;
  readonly box: Mailbox;
  /** Whose it is. */
  readonly accountId: AccountId;
  /** Of the one who has signed in: all to the own ones. */
  readonly rights: Rights;
  /** Of those that are listed. */
  readonly hasChildren: boolean;
}

/** A name that LIST tells. */
export interface ListedName {
  readonly path: string;
  /** Undefined where there is no mailbox that may be looked at, but some below it. */
  readonly named: NamedMailbox | undefined;
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
export function levelOf(name: string): string {
  return name.replaceAll(DELIMITER, "\u2215");
}

/** All mailboxes of the account with their whole names. */
export async function readTree(tx: TenantTx, accountId: AccountId): Promise<MailboxTree> {
  return new MailboxTree([ownBranch(accountId, await listMailboxes(tx, accountId))]);
}

/** The mailboxes of one account, and how the names of those at the top begin. */
export interface Branch {
  readonly prefix: string;
  readonly accountId: AccountId;
  /** In the order in which those of one level are to be told; one without rights is only a part of names. */
  readonly boxes: readonly (Mailbox & { readonly rights: Rights })[];
}

export function ownBranch(accountId: AccountId, boxes: readonly Mailbox[]): Branch {
  return { prefix: "", accountId, boxes: boxes.map((box) => ({ ...box, rights: ALL_RIGHTS })) };
}

/** Mailboxes at one moment, by their names; each stands before those below it. */
export class MailboxTree {
  /** Those that exist and may be used in any way, listed or not. */
  readonly all: readonly NamedMailbox[];
  /** What LIST tells of. */
  readonly names: readonly ListedName[];
  readonly #byPath: ReadonlyMap<string, NamedMailbox>;

  /** @param branches where a name is in several, the first one counts */
  constructor(branches: readonly Branch[]) {
    const names = new Map<string, ListedName>();
    const byPath = new Map<string, NamedMailbox>();
    for (const branch of branches) {
      const found = namesOf(branch);
      for (const name of [...levelsOf(found.listed, branch.prefix), ...found.listed])
        if (names.get(name.path)?.named === undefined) names.set(name.path, name);
      for (const named of found.usable) if (!byPath.has(named.path)) byPath.set(named.path, named);
    }
    this.names = [...names.values()];
    this.all = [...byPath.values()];
    this.#byPath = byPath;
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

/** The levels of a prefix, when there is anything behind it: "Shared/x/" gives "Shared", "Shared/x". */
function levelsOf(listed: readonly ListedName[], prefix: string): ListedName[] {
  if (listed.length === 0 || prefix === "") return [];
  const levels = prefix.slice(0, -1).split(DELIMITER);
  return levels.map((_, depth) => ({
    path: levels.slice(0, depth + 1).join(DELIMITER),
    named: undefined,
  }));
}

interface Names {
  readonly listed: readonly ListedName[];
  readonly usable: readonly NamedMailbox[];
}

function namesOf({ prefix, accountId, boxes }: Branch): Names {
  const byParent = Map.groupBy(boxes, ({ parentId }) => parentId);
  const below = (parentId: MailboxId | null, start: string): Names => {
    const listed: ListedName[] = [];
    const usable: NamedMailbox[] = [];
    for (const { rights, ...box } of byParent.get(parentId) ?? []) {
      const path = start + levelOf(box.name);
      const inside = below(box.id, path + DELIMITER);
      const hasChildren = inside.listed.length > 0;
      const named = { path, box, accountId, rights, hasChildren };
      if (may(rights, "l")) listed.push({ path, named });
      else if (hasChildren) listed.push({ path, named: undefined });
      if (rights !== 0) usable.push(named);
      listed.push(...inside.listed);
      usable.push(...inside.usable);
    }
    return { listed, usable };
  };
  return below(null, prefix);
}

/** A path cut into the level it names and where that level goes. */
export interface Place {
  readonly name: string;
  readonly parentId: MailboxId | null;
}

/**
 * Where a new name goes; levels above it that are missing are made (RFC 9051 §6.3.4).
 * @param prefix how names of the account begin in the tree
 * @throws {MailError} invalid_input: an empty level, or names longer or deeper than we keep
 */
export async function makePlace(
  tx: TenantTx,
  accountId: AccountId,
  tree: MailboxTree,
  path: string,
  prefix = "",
): Promise<Place> {
  const levels = path.slice(prefix.length).split(DELIMITER);
  const name = levels.pop() ?? "";
  const isWrong = [...levels, name].some((level) => level === "" || level.length > MAX_LEVEL);
  if (isWrong || levels.length >= MAX_LEVELS) throw new MailError("invalid_input", {});
  let parentId: MailboxId | null = null;
  for (let depth = 1; depth <= levels.length; depth++) {
    const above = tree.find(prefix + levels.slice(0, depth).join(DELIMITER));
    const level = levels[depth - 1] ?? "";
    parentId = above?.box.id ?? (await insertMailbox(tx, accountId, { name: level, parentId })).id;
  }
  return { name, parentId };
}
