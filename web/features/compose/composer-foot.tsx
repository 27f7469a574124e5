import { useRef } from "react";
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconPaperclip, IconSend, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { SendLater } from "./send-later.tsx";
import classes from "./composer.module.css";

export interface ComposerFootProps {
  readonly sending: boolean;
  readonly onLater: (at: Date) => void;
  readonly onFiles: (files: Iterable<File>) => void;
  readonly onDiscard: () => void;
}

export function ComposerFoot({ sending, onLater, onFiles, onDiscard }: ComposerFootProps): React.ReactNode {
  const { t } = useTranslation();
  const picker = useRef<HTMLInputElement>(null);
  return (
    <div className={classes["foot"]}>
      <Tooltip label={t("compose.sendHint")}>
        <Button type="submit" leftSection={<IconSend size={17} aria-hidden="true" />} loading={sending}>
          {t("compose.send")}
        </Button>
      </Tooltip>
      <SendLater disabled={sending} onChoose={onLater} />
      <Tooltip label={t("compose.attach")}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t("compose.attach")}
          onClick={() => picker.current?.click()}
        >
          <IconPaperclip size={20} />
        </ActionIcon>
      </Tooltip>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label={t("compose.attach")}
        onChange={(event) => {
          onFiles(event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }}
      />
      <span className={classes["gap"]} />
      <Tooltip label={t("compose.discard")}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t("compose.discard")}
          onClick={onDiscard}
        >
          <IconTrash size={19} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
