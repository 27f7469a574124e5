import type { MailboxRole } from "../mailstore/index.ts";
import type { SourceFolder } from "./source.ts";
import { useByName } from "./well-known-names.ts";

/** Where a folder of the source goes here. */
export interface PlannedFolder {
  readonly folder: SourceFolder;
  /** Its path here: a mailbox by its role, or the names from the top; null: nowhere, since all of it is in other folders. */
  readonly target: FolderTarget | null;
  /** All mail of the account is in it: only what is in no other folder is taken, so it comes last. */
  readonly isAll: boolean;
}

export interface FolderTarget {
  /** null: the names begin at the top */
  readonly role: MailboxRole | null;
  /** below it */
  readonly names: readonly string[];
}

const ROLES: readonly MailboxRole[] = ["inbox", "drafts", "sent", "junk", "trash", "archive"];
const isRole = (use: string | null): use is MailboxRole => ROLES.some((role) => role === use);

const NAME_MAX = 255;
const LEVELS_MAX = 18;

/** A name that can be stored: no control characters, not too long, not empty. */
function nameOf(level: string): string {
  const name = level
    .normalize("NFC")
    .replaceAll(/\p{Cc}/gu, " ")
    .toWellFormed()
    .trim();
  const short = name.slice(0, NAME_MAX).toWellFormed();
  return short === "" ? "_" : short;
}

/** Levels that are deeper than a mailbox may stand are joined to one. */
const namesOf = (levels: readonly string[]): string[] => {
  const names = levels.map(nameOf);
  return names.length <= LEVELS_MAX
    ? names
    : [...names.slice(0, LEVELS_MAX - 1), nameOf(names.slice(LEVELS_MAX - 1).join(" - "))];
};

/** Says for each folder of a source where its mail goes. What the source says of special uses counts first, then well-known names at the top.
 * Each role is given once; a second folder for the same use is an ordinary one.
 * @param into a folder here that all goes below, without roles; "": none
 * @returns in the order in which they are to be copied: the inbox first, a view of everything last */
export function planFolders(folders: readonly SourceFolder[], into: string): PlannedFolder[] {
  const roles = new Map<SourceFolder, MailboxRole>();
  const given = new Set<MailboxRole>();
  const give = (folder: SourceFolder, use: string | null): void => {
    if (!isRole(use) || given.has(use) || roles.has(folder)) return;
    roles.set(folder, use);
    given.add(use);
  };
  for (const folder of folders) give(folder, folder.use);
  for (const folder of folders)
    if (folder.use === null && folder.levels.length === 1) give(folder, useByName(folder.levels[0] ?? ""));
  const roleByPath = new Map([...roles].map(([folder, role]) => [JSON.stringify(folder.levels), role]));

  const targetOf = (folder: SourceFolder): FolderTarget => {
    const prefix = into.split("/").filter((level) => level.trim() !== "");
    if (prefix.length > 0) return { role: null, names: namesOf([...prefix, ...folder.levels]) };
    // The nearest folder above it that has a role, or itself.
    for (let length = folder.levels.length; length > 0; length--) {
      const role = roleByPath.get(JSON.stringify(folder.levels.slice(0, length)));
      if (role !== undefined) return { role, names: namesOf(folder.levels.slice(length)) };
    }
    return { role: null, names: namesOf(folder.levels) };
  };

  const planned = folders.map((folder): PlannedFolder => {
    const isView = folder.use === "flagged" || folder.use === "important";
    const isAll = folder.use === "all";
    if (isView) return { folder, target: null, isAll: false };
    const target: FolderTarget =
      isAll && into.trim() === "" ? { role: "archive", names: [] } : targetOf(folder);
    return { folder, target, isAll };
  });
  const rank = ({ folder, isAll }: PlannedFolder): number =>
    isAll ? 2 : roles.get(folder) === "inbox" ? 0 : 1;
  return planned.toSorted((a, b) => rank(a) - rank(b));
}

/** A target for people: names joined with `/`. */
export function printTarget({ role, names }: FolderTarget): string {
  const top = role === null ? [] : [role === "inbox" ? "INBOX" : `${role[0]?.toUpperCase()}${role.slice(1)}`];
  return [...top, ...names].join("/");
}
