import { ActionIcon, Progress } from "@mantine/core";
import { IconPaperclip, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import { formatSize } from "../../ui/format.ts";
import classes from "./composer.module.css";
import type { Attachment } from "./draft.ts";
import type { Uploads } from "./use-uploads.ts";

export interface AttachmentListProps {
  readonly attachments: readonly Attachment[];
  readonly uploads: Uploads;
  readonly onRemove: (attachment: Attachment) => void;
}

export function AttachmentList({ attachments, uploads, onRemove }: AttachmentListProps): React.ReactNode {
  const { t, i18n } = useTranslation();
  if (attachments.length === 0 && uploads.list.length === 0) return null;
  return (
    <ul className={classes["attachments"]} aria-label={t("compose.attachments")}>
      {attachments.map((attachment, index) => (
        <li key={`${attachment.blobId}-${index}`}>
          <IconPaperclip size={16} aria-hidden="true" />
          <span className={classes["fileName"]}>{attachment.name}</span>
          <span className={classes["fileSize"]}>{formatSize(attachment.size, i18n.language)}</span>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={t("compose.remove", { name: attachment.name })}
            onClick={() => {
              onRemove(attachment);
            }}
          >
            <IconX size={15} />
          </ActionIcon>
        </li>
      ))}
      {uploads.list.map(({ key, name, share, error }) => (
        <li key={key} data-failed={error !== undefined}>
          <IconPaperclip size={16} aria-hidden="true" />
          <span className={classes["fileName"]}>{name}</span>
          {error === undefined ? (
            <Progress value={share * 100} size="sm" w={90} aria-label={t("compose.uploading", { name })} />
          ) : (
            <span role="alert">{explain(t, error)}</span>
          )}
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={t("compose.remove", { name })}
            onClick={() => {
              uploads.cancel(key);
            }}
          >
            <IconX size={15} />
          </ActionIcon>
        </li>
      ))}
    </ul>
  );
}
