import { useState } from "react";
import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconDots, IconEdit, IconFolderPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { AccountMenu } from "./account-menu.tsx";
import { compose } from "../compose/compose-store.ts";
import { Wordmark } from "../../ui/wordmark.tsx";
import { FolderDialog, type FolderTask } from "./folder-dialog.tsx";
import { FolderIcon } from "./folder-icon.tsx";
import type { Folder } from "./folders.ts";
import { useMail } from "./mail-context.tsx";
import classes from "./sidebar.module.css";

export interface SidebarProps {
  readonly current: Folder | undefined;
  /** in a drawer: after a folder was chosen */
  readonly onChosen?: () => void;
}

export function Sidebar({ current, onChosen }: SidebarProps): React.ReactNode {
  const { t } = useTranslation();
  const { folders } = useMail();
  const [task, setTask] = useState<FolderTask>();
  const standard = folders.filter(({ role }) => role !== null);
  const own = folders.filter(({ role }) => role === null);

  function item(folder: Folder): React.ReactNode {
    return (
      <FolderItem
        key={folder.mailbox.id}
        folder={folder}
        isCurrent={folder === current}
        onChosen={onChosen}
        onTask={setTask}
      />
    );
  }

  return (
    <div className={classes["sidebar"]}>
      <div className={classes["brand"]}>
        <Link
          to="/mail/$folder"
          params={{ folder: "inbox" }}
          aria-label={t("brand.toInbox")}
          className={classes["home"]}
        >
          <Wordmark height={27} />
        </Link>
      </div>
      <Button
        size="md"
        fullWidth
        className={classes["compose"] ?? ""}
        leftSection={<IconEdit size={19} aria-hidden="true" />}
        onClick={() => {
          compose();
          onChosen?.();
        }}
      >
        {t("compose.new")}
      </Button>
      <nav aria-label={t("folder.list")} className={classes["nav"]}>
        <ul>{standard.map(item)}</ul>
        <div className={classes["ownHead"]}>
          <h2>{t("folder.own")}</h2>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={t("folder.create")}
            onClick={() => {
              setTask({ kind: "create" });
            }}
          >
            <IconFolderPlus size={17} />
          </ActionIcon>
        </div>
        {own.length > 0 && <ul>{own.map(item)}</ul>}
      </nav>
      <AccountMenu />
      <FolderDialog
        task={task}
        onClose={() => {
          setTask(undefined);
        }}
      />
    </div>
  );
}

interface FolderItemProps {
  readonly folder: Folder;
  readonly isCurrent: boolean;
  readonly onChosen: (() => void) | undefined;
  readonly onTask: (task: FolderTask) => void;
}

function FolderItem({ folder, isCurrent, onChosen, onTask }: FolderItemProps): React.ReactNode {
  const { t } = useTranslation();
  const { mailbox, role, depth, name } = folder;
  // In Drafts each message waits for its writer, so all of them count there.
  const count =
    role === "drafts" ? mailbox.totalEmails : role === "trash" || role === "sent" ? 0 : mailbox.unreadEmails;
  return (
    <li className={classes["item"]}>
      <Link
        to="/mail/$folder"
        params={{ folder: folder.param }}
        search={{}}
        aria-current={isCurrent ? "page" : undefined}
        className={classes["link"]}
        style={{ paddingInlineStart: `${0.75 + depth * 1.125}rem` }}
        activeProps={{}}
        onClick={onChosen}
      >
        <FolderIcon role={role} />
        <span className={classes["name"]}>{name}</span>
        {count > 0 && (
          <span className={classes["count"]}>
            <span aria-hidden="true">{count}</span>
            <span className={classes["hidden"]}>
              {role === "drafts" ? t("folder.drafts_count", { count }) : t("folder.unread", { count })}
            </span>
          </span>
        )}
      </Link>
      {role === null && (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              className={classes["dots"] ?? ""}
              aria-label={t("folder.actions", { name })}
            >
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              onClick={() => {
                onTask({ kind: "rename", folder });
              }}
            >
              {t("folder.rename")}
            </Menu.Item>
            <Menu.Item
              onClick={() => {
                onTask({ kind: "create", parent: folder });
              }}
            >
              {t("folder.createInside")}
            </Menu.Item>
            <Menu.Item
              color="brick"
              onClick={() => {
                onTask({ kind: "delete", folder });
              }}
            >
              {t("folder.delete")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
    </li>
  );
}
