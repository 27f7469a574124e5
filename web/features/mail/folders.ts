import type { TFunction } from "i18next";
import type { Mailbox } from "../../app/jmap/objects.ts";

/** The folders that every account has (RFC 6154 roles), in the order in which people look for them. */
const ROLES = ["inbox", "drafts", "sent", "archive", "junk", "trash"] as const;
export type Role = (typeof ROLES)[number];

export interface Folder {
  readonly mailbox: Mailbox;
  readonly role: Role | null;
  /** 0 at the top */
  readonly depth: number;
  /** in the person's language for the folders with a role */
  readonly name: string;
  /** as it stands in the address bar */
  readonly param: string;
}

function roleOf({ role }: Mailbox): Role | null {
  return ROLES.find((known) => known === role) ?? null;
}

/** Folders with a role first, then the person's own as a tree, by name. */
export function orderFolders(
  mailboxes: readonly Mailbox[],
  t: TFunction,
  language: string,
): readonly Folder[] {
  const collator = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
  const present = new Set(mailboxes.map(({ id }) => id));
  const folder = (mailbox: Mailbox, depth: number): Folder => {
    const role = roleOf(mailbox);
    return {
      mailbox,
      role,
      depth,
      name: role === null ? mailbox.name : t(`folder.${role}`),
      param: role ?? mailbox.id,
    };
  };
  function below(parentId: string | null, depth: number): readonly Folder[] {
    return mailboxes
      .filter((box) => roleOf(box) === null)
      .filter(
        (box) => (box.parentId !== null && present.has(box.parentId) ? box.parentId : null) === parentId,
      )
      .toSorted((a, b) => a.sortOrder - b.sortOrder || collator.compare(a.name, b.name))
      .flatMap((box) => [folder(box, depth), ...below(box.id, depth + 1)]);
  }
  const withRole = ROLES.flatMap((role) => {
    const box = mailboxes.find((one) => roleOf(one) === role);
    return box === undefined ? [] : [folder(box, 0), ...below(box.id, 1)];
  });
  return [...withRole, ...below(null, 0)];
}

export function findFolder(folders: readonly Folder[], param: string): Folder | undefined {
  return (
    folders.find((folder) => folder.param === param) ?? folders.find(({ mailbox }) => mailbox.id === param)
  );
}
