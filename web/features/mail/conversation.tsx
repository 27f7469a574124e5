import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { EmailSummary } from "../../app/jmap/objects.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { formatWhen } from "../../ui/format.ts";
import { displayName } from "../compose/addresses.ts";
import classes from "./conversation.module.css";
import type { Folder } from "./folders.ts";
import { summaryQuery, threadQuery } from "./mail-data.ts";
import { useMail } from "./mail-context.tsx";
import { MessageView } from "./message-view.tsx";

export interface ConversationProps {
  readonly email: EmailSummary;
  readonly folder: Folder;
}

/** The message among the others of its conversation, each of which is one line until it is opened. */
export function Conversation({ email, folder }: ConversationProps): React.ReactNode {
  const { jmap } = useMail();
  const { data: ids } = useQuery(threadQuery(jmap, email.threadId));
  const others = (ids ?? []).filter((id) => id !== email.id);
  if (others.length === 0) return <MessageView key={email.id} id={email.id} />;
  const at = ids?.indexOf(email.id) ?? 0;
  const before = ids?.slice(0, Math.max(at, 0)) ?? [];
  const after = at < 0 ? [] : (ids?.slice(at + 1) ?? []);
  return (
    <div className={classes["conversation"]}>
      {before.map((id) => (
        <Other key={id} id={id} folder={folder} current={email} />
      ))}
      <div className={classes["current"]}>
        <MessageView key={email.id} id={email.id} />
      </div>
      {after.map((id) => (
        <Other key={id} id={id} folder={folder} current={email} />
      ))}
    </div>
  );
}

interface OtherProps {
  readonly id: string;
  readonly folder: Folder;
  readonly current: EmailSummary;
}

function Other({ id, folder, current }: OtherProps): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { jmap, folders } = useMail();
  const [open, setOpen] = useState(false);
  const { data: email } = useQuery(summaryQuery(jmap, id));
  if (email === undefined || email === null || email.keywords["$draft"] === true) return null;
  const inTrash = folders.some(
    ({ role, mailbox }) => role === "trash" && email.mailboxIds[mailbox.id] === true,
  );
  if (inTrash && folder.role !== "trash") return null;
  // What one sends to oneself is there twice, as sent and as received.
  if (email.messageId !== null && email.messageId.join(" ") === current.messageId?.join(" ")) return null;
  const sender = email.from?.[0];
  const name = sender === undefined ? t("message.unknownSender") : displayName(sender);
  return (
    <div className={classes["other"]} data-open={open}>
      <button
        type="button"
        aria-expanded={open}
        className={classes["line"]}
        onClick={() => {
          setOpen(!open);
        }}
      >
        <Avatar name={name} address={sender?.email ?? ""} small />
        <span className={classes["name"]}>{name}</span>
        <span className={classes["preview"]}>{open ? "" : email.preview}</span>
        <time dateTime={email.receivedAt}>{formatWhen(email.receivedAt, i18n.language, new Date())}</time>
      </button>
      {open && (
        <div className={classes["opened"]}>
          <MessageView id={id} />
        </div>
      )}
    </div>
  );
}
