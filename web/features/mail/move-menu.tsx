import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { IconFolderSymlink } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { FolderIcon } from "./folder-icon.tsx";
import type { Folder } from "./folders.ts";
import { useMail } from "./mail-context.tsx";
import classes from "./move-menu.module.css";

export function MoveMenu({ onMove }: { readonly onMove: (folder: Folder) => void }): React.ReactNode {
  const { t } = useTranslation();
  const { folders } = useMail();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Tooltip label={t("action.move")}>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("action.move")}>
            <IconFolderSymlink size={20} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown className={classes["list"] ?? ""}>
        <Menu.Label>{t("action.moveTo")}</Menu.Label>
        {folders
          .filter(({ role }) => role !== "drafts" && role !== "sent")
          .map((folder) => (
            <Menu.Item
              key={folder.mailbox.id}
              leftSection={<FolderIcon role={folder.role} size={17} />}
              style={{ paddingLeft: 12 + folder.depth * 16 }}
              onClick={() => {
                onMove(folder);
              }}
            >
              {folder.name}
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}
