import { Drawer } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./folder-drawer.module.css";
import type { Folder } from "./folders.ts";
import { Sidebar } from "./sidebar.tsx";

export interface FolderDrawerProps {
  readonly opened: boolean;
  readonly current: Folder;
  readonly onClose: () => void;
}

/** The sidebar where there is no room for it beside the list. */
export function FolderDrawer({ opened, current, onClose }: FolderDrawerProps): React.ReactNode {
  const { t } = useTranslation();
  return (
    <Drawer.Root
      opened={opened}
      onClose={onClose}
      size="18.5rem"
      padding={0}
      classNames={{ content: classes["content"] ?? "", body: classes["body"] ?? "" }}
    >
      <Drawer.Overlay />
      <Drawer.Content aria-label={t("folder.list")}>
        <Drawer.Body>
          <Sidebar current={current} onChosen={onClose} />
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
