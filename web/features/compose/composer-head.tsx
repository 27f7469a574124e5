import { ActionIcon, Tooltip } from "@mantine/core";
import { IconArrowsDiagonal, IconArrowsDiagonalMinimize2, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { formatTime } from "../../ui/format.ts";
import classes from "./composer.module.css";
import type { SaveStatus } from "./draft-saver.ts";

export interface ComposerHeadProps {
  readonly title: string;
  readonly status: SaveStatus;
  readonly large: boolean;
  readonly onResize: () => void;
  readonly onClose: () => void;
}

export function ComposerHead(props: ComposerHeadProps): React.ReactNode {
  const { title, status, large, onResize, onClose } = props;
  const { t } = useTranslation();
  const resize = large ? t("compose.smaller") : t("compose.larger");
  return (
    <div className={classes["head"]}>
      <h2 className={classes["title"]}>{title.trim() === "" ? t("compose.title") : title}</h2>
      <SaveNote status={status} />
      <Tooltip label={resize}>
        <ActionIcon
          variant="subtle"
          color="gray"
          className={classes["resize"] ?? ""}
          aria-label={resize}
          onClick={onResize}
        >
          {large ? <IconArrowsDiagonalMinimize2 size={18} /> : <IconArrowsDiagonal size={18} />}
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t("compose.close")}>
        <ActionIcon variant="subtle" color="gray" aria-label={t("compose.close")} onClick={onClose}>
          <IconX size={19} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

/** Whether what was typed is safe. Only a failure is worth interrupting somebody for. */
function SaveNote({ status }: { readonly status: SaveStatus }): React.ReactNode {
  const { t, i18n } = useTranslation();
  if (status.kind === "failed") {
    return (
      <span role="status" className={classes["saveFailed"]}>
        {t("compose.notSaved")}
      </span>
    );
  }
  return (
    <span className={classes["saved"]}>
      {status.kind === "saving" && t("compose.saving")}
      {status.kind === "saved" && t("compose.saved", { time: formatTime(status.at, i18n.language) })}
    </span>
  );
}
