import {
  IconArchive,
  IconFolder,
  IconInbox,
  IconPencil,
  IconSend,
  IconShieldExclamation,
  IconTrash,
} from "@tabler/icons-react";
import type { Role } from "./folders.ts";

const ICONS = {
  inbox: IconInbox,
  drafts: IconPencil,
  sent: IconSend,
  archive: IconArchive,
  junk: IconShieldExclamation,
  trash: IconTrash,
} as const satisfies Record<Role, unknown>;

export function FolderIcon({
  role,
  size = 19,
}: {
  readonly role: Role | null;
  readonly size?: number;
}): React.ReactNode {
  const Icon = role === null ? IconFolder : ICONS[role];
  return <Icon size={size} stroke={1.7} aria-hidden="true" />;
}
