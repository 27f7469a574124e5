import { ActionIcon, Tooltip } from "@mantine/core";
import {
  IconArchive,
  IconMail,
  IconMailOpened,
  IconShieldExclamation,
  IconTrash,
  IconX,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { MoveMenu } from "./move-menu.tsx";
import type { Commands } from "./use-commands.ts";
import classes from "./selection-bar.module.css";

export interface SelectionBarProps {
  readonly ids: readonly string[];
  readonly total: number;
  readonly commands: Commands;
  readonly onAll: () => void;
  readonly onClear: () => void;
}

/** Stands in place of the list's header while messages are selected. */
export function SelectionBar({ ids, total, commands, onAll, onClear }: SelectionBarProps): React.ReactNode {
  const { t } = useTranslation();
  const buttons = [
    { name: "archive", Icon: IconArchive, run: commands.archive },
    { name: "junk", Icon: IconShieldExclamation, run: commands.junk },
    { name: "delete", Icon: IconTrash, run: commands.remove },
    { name: "markRead", Icon: IconMailOpened, run: commands.markRead },
    { name: "markUnread", Icon: IconMail, run: commands.markUnread },
  ] as const;
  return (
    <div role="toolbar" aria-label={t("list.selectionTools")} className={classes["bar"]}>
      <div className={classes["line"]}>
        <ActionIcon variant="subtle" color="gray" aria-label={t("list.clearSelection")} onClick={onClear}>
          <IconX size={19} />
        </ActionIcon>
        <h1 className={classes["count"]}>
          <span role="status">{t("list.selected", { count: ids.length })}</span>
        </h1>
        {ids.length < total && (
          <button type="button" className={classes["all"]} onClick={onAll}>
            {t("list.selectAll")}
          </button>
        )}
      </div>
      <div className={classes["line"]}>
        {buttons.map(({ name, Icon, run }) =>
          run === undefined ? null : (
            <Tooltip key={name} label={t(`action.${name}`)}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size="lg"
                aria-label={t(`action.${name}`)}
                onClick={() => {
                  run(ids);
                }}
              >
                <Icon size={20} stroke={1.7} />
              </ActionIcon>
            </Tooltip>
          ),
        )}
        <MoveMenu
          onMove={(folder) => {
            commands.moveTo(ids, folder);
          }}
        />
      </div>
    </div>
  );
}
