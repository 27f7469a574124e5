import { memo } from "react";
import { Skeleton } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconPaperclip,
  IconStar,
  IconStarFilled,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { EmailSummary } from "../../app/jmap/objects.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { formatWhen } from "../../ui/format.ts";
import { displayName } from "../compose/addresses.ts";
import type { Folder } from "./folders.ts";
import { summaryQuery } from "./mail-data.ts";
import { useMail } from "./mail-context.tsx";
import classes from "./message-row.module.css";

export interface RowEvents {
  /** @param focus the message shall get the keyboard focus once it is shown */
  readonly onOpen: (email: EmailSummary, event: React.MouseEvent) => void;
  readonly onSelect: (id: string, range: boolean) => void;
}

export interface MessageRowProps extends RowEvents {
  readonly id: string;
  readonly folder: Folder;
  readonly search: string | undefined;
  readonly everywhere: boolean;
  readonly isOpen: boolean;
  readonly isSelected: boolean;
  /** some message is selected, so each row shows its box */
  readonly isSelecting: boolean;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps): React.ReactNode {
  const { id, folder, search, everywhere, isOpen, isSelected, isSelecting, onOpen, onSelect } = props;
  const { t, i18n } = useTranslation();
  const { jmap, actions, folders } = useMail();
  const { data: email } = useQuery(summaryQuery(jmap, id));
  if (email === undefined) return <RowSkeleton />;
  if (email === null) return <p className={classes["gone"]}>{t("message.gone")}</p>;

  const unread = email.keywords["$seen"] !== true;
  const starred = email.keywords["$flagged"] === true;
  const draft = email.keywords["$draft"] === true;
  const outgoing = folder.role === "sent" || folder.role === "drafts" || draft;
  const people = (outgoing ? email.to : email.from) ?? [];
  const names = people.map(displayName).join(", ");
  const who = outgoing ? (names === "" ? t("message.noRecipient") : t("message.toNames", { names })) : names;
  const first = people[0];
  const subject =
    email.subject?.trim() === "" || email.subject === null ? t("message.noSubject") : email.subject;
  const place = everywhere ? folders.find(({ mailbox }) => email.mailboxIds[mailbox.id] === true) : undefined;
  return (
    <div className={classes["row"]} data-open={isOpen} data-selected={isSelected} data-unread={unread}>
      <Link
        to="/mail/$folder/$emailId"
        params={{ folder: folder.param, emailId: id }}
        search={{
          ...(search !== undefined && search !== "" && { q: search }),
          ...(everywhere && { all: true }),
        }}
        className={classes["link"]}
        aria-current={isOpen ? "true" : undefined}
        activeProps={{}}
        data-row={id}
        onClick={(event) => {
          onOpen(email, event);
        }}
      >
        {unread && <span className={classes["hidden"]}>{t("message.unread")}.</span>}
        <span className={classes["top"]}>
          <span className={classes["who"]}>{who === "" ? t("message.unknownSender") : who}</span>
          {email.keywords["$answered"] === true && (
            <IconArrowBackUp size={15} role="img" aria-label={t("message.answered")} />
          )}
          {email.keywords["$forwarded"] === true && (
            <IconArrowForwardUp size={15} role="img" aria-label={t("message.forwarded")} />
          )}
          {email.hasAttachment && (
            <IconPaperclip size={15} role="img" aria-label={t("message.hasAttachment")} />
          )}
          <time dateTime={email.receivedAt}>{formatWhen(email.receivedAt, i18n.language, new Date())}</time>
        </span>
        <span className={classes["subject"]}>
          {draft && folder.role !== "drafts" && <em>{t("message.draft")} </em>}
          {subject}
        </span>
        <span className={classes["preview"]}>
          {place !== undefined && <span className={classes["place"]}>{place.name}</span>}
          {email.preview}
        </span>
      </Link>
      <span className={classes["pick"]} data-always={isSelecting}>
        <Avatar name={first === undefined ? "?" : displayName(first)} address={first?.email ?? ""} />
        <input
          type="checkbox"
          className={classes["box"]}
          checked={isSelected}
          aria-label={t("list.select", { subject })}
          onChange={() => undefined}
          onClick={(event) => {
            onSelect(id, event.shiftKey);
          }}
        />
      </span>
      {unread && <span className={classes["dot"]} aria-hidden="true" />}
      <button
        type="button"
        className={classes["star"]}
        aria-pressed={starred}
        aria-label={t("message.star", { subject })}
        onClick={() => {
          actions.setKeyword([id], "$flagged", !starred);
        }}
      >
        {starred ? (
          <IconStarFilled size={17} aria-hidden="true" />
        ) : (
          <IconStar size={17} aria-hidden="true" />
        )}
      </button>
    </div>
  );
});

function RowSkeleton(): React.ReactNode {
  return (
    <div className={classes["row"]} aria-hidden="true">
      <span className={classes["link"]}>
        <Skeleton height={11} width="45%" mt={4} />
        <Skeleton height={11} width="80%" mt={11} />
        <Skeleton height={9} width="95%" mt={11} />
      </span>
      <span className={classes["pick"]}>
        <Skeleton circle height={38} />
      </span>
    </div>
  );
}
