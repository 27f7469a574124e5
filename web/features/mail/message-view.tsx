import { useEffect, useMemo, useState } from "react";
import { Button, Loader } from "@mantine/core";
import { IconChevronDown, IconDownload, IconPaperclip } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import type { BodyPart, EmailAddress, EmailContent } from "../../app/jmap/objects.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { formatFull, formatSize } from "../../ui/format.ts";
import { displayName, formatAddress, sameAddress } from "../compose/addresses.ts";
import { attachmentsOf, bodyOf, cidOf, picturesOf } from "./body-of.ts";
import { contentQuery } from "./mail-data.ts";
import { useMail } from "./mail-context.tsx";
import { MessageFrame } from "./message-frame.tsx";
import classes from "./message-view.module.css";
import { PlainText } from "./plain-text.tsx";

/** One message with its head, body and attachments. */
export function MessageView({ id }: { readonly id: string }): React.ReactNode {
  const { t } = useTranslation();
  const { jmap } = useMail();
  const { data: content, error, isPending, refetch } = useQuery(contentQuery(jmap, id));
  if (isPending) return <Loader size="sm" m="lg" aria-label={t("loading")} />;
  if (error !== null) {
    return (
      <div role="alert" className={classes["failure"]}>
        <p>{explain(t, error)}</p>
        <Button variant="default" size="compact-md" onClick={() => void refetch()}>
          {t("retry")}
        </Button>
      </div>
    );
  }
  if (content === null) return <p className={classes["empty"]}>{t("message.gone")}</p>;
  return <Loaded content={content} />;
}

function Loaded({ content }: { readonly content: EmailContent }): React.ReactNode {
  const { t } = useTranslation();
  const { jmap } = useMail();
  const body = useMemo(() => bodyOf(content), [content]);
  const attachments = useMemo(() => attachmentsOf(content, body), [content, body]);
  const pictures = usePictures(content, body.kind === "html");
  return (
    <>
      <Head content={content} />
      <div className={classes["body"]}>
        {body.kind === "text" && <PlainText body={body.text} />}
        {body.kind === "html" && pictures !== undefined && (
          <MessageFrame html={body.html} title={t("message.body")} pictures={pictures} />
        )}
        {body.truncated && (
          <p className={classes["truncated"]}>
            {t("message.truncated")}{" "}
            <a
              href={jmap.downloadUrl({ blobId: content.blobId, name: "message.eml", type: "message/rfc822" })}
              download
            >
              {t("message.downloadWhole")}
            </a>
          </p>
        )}
      </div>
      <Attachments parts={attachments} />
    </>
  );
}

/** The attached pictures that an HTML body shows, as object URLs: the frame may load nothing else. undefined: loading. */
function usePictures(content: EmailContent, wanted: boolean): ReadonlyMap<string, string> | undefined {
  const { jmap } = useMail();
  const [pictures, setPictures] = useState<ReadonlyMap<string, string>>();
  useEffect(() => {
    const stop = new AbortController();
    const urls = new Map<string, string>();
    async function fetchOne(part: BodyPart): Promise<void> {
      if (part.blobId === null) return;
      const { blobId, type } = part;
      try {
        const url = jmap.downloadUrl({ blobId, type, name: part.name ?? "picture" });
        const response = await fetch(url, { signal: stop.signal });
        if (response.ok)
          urls.set(cidOf(part), URL.createObjectURL(new Blob([await response.blob()], { type })));
      } catch {
        // The text is shown without a picture that doesn't come.
      }
    }
    const parts = wanted ? picturesOf(content) : [];
    async function fetchAll(): Promise<void> {
      await Promise.all(parts.map((part) => fetchOne(part)));
      if (!stop.signal.aborted) setPictures(urls);
    }
    void fetchAll();
    return () => {
      stop.abort();
      for (const url of urls.values()) URL.revokeObjectURL(url);
    };
  }, [content, wanted, jmap]);
  return pictures;
}

function Head({ content }: { readonly content: EmailContent }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { session } = useMail();
  const [details, setDetails] = useState(false);
  const sender = content.from?.[0];
  const recipients = [...(content.to ?? []), ...(content.cc ?? []), ...(content.bcc ?? [])];
  const names = recipients.map((one) =>
    sameAddress(one.email, session.address) ? t("message.me") : displayName(one),
  );
  const shown = names.length > 3 ? `${names.slice(0, 3).join(", ")} +${names.length - 3}` : names.join(", ");
  const when = formatFull(content.receivedAt, i18n.language);
  return (
    <div className={classes["head"]}>
      <Avatar name={sender === undefined ? "?" : displayName(sender)} address={sender?.email ?? ""} />
      <div className={classes["people"]}>
        <p className={classes["sender"]}>
          <strong>{sender === undefined ? t("message.unknownSender") : displayName(sender)}</strong>
          {sender !== undefined && sender.name !== null && (
            <span className={classes["email"]}>{sender.email}</span>
          )}
        </p>
        <button
          type="button"
          className={classes["recipients"]}
          aria-expanded={details}
          onClick={() => {
            setDetails(!details);
          }}
        >
          <span>{shown === "" ? t("message.noRecipient") : t("message.toNames", { names: shown })}</span>
          <IconChevronDown size={15} aria-hidden="true" />
          <span className={classes["hidden"]}>{t("message.details")}</span>
        </button>
        {details && (
          <dl className={classes["details"]}>
            <People label={t("message.from")} people={content.from} />
            <People label={t("message.replyTo")} people={content.replyTo} />
            <People label={t("message.to")} people={content.to} />
            <People label={t("message.cc")} people={content.cc} />
            <People label={t("message.bcc")} people={content.bcc} />
            <dt>{t("message.date")}</dt>
            <dd>{formatFull(content.sentAt ?? content.receivedAt, i18n.language)}</dd>
          </dl>
        )}
      </div>
      <time dateTime={content.receivedAt} className={classes["when"]}>
        {when}
      </time>
    </div>
  );
}

function People({
  label,
  people,
}: {
  readonly label: string;
  readonly people: readonly EmailAddress[] | null;
}): React.ReactNode {
  if (people === null || people.length === 0) return null;
  return (
    <>
      <dt>{label}</dt>
      <dd>{people.map(formatAddress).join(", ")}</dd>
    </>
  );
}

function Attachments({ parts }: { readonly parts: readonly BodyPart[] }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { jmap } = useMail();
  if (parts.length === 0) return null;
  return (
    <section
      className={classes["attachments"]}
      aria-label={t("message.attachments", { count: parts.length })}
    >
      <h2>
        <IconPaperclip size={16} aria-hidden="true" /> {t("message.attachments", { count: parts.length })}
      </h2>
      <ul>
        {parts.map(({ partId, blobId, name, type, size }, index) => {
          const shown =
            name ?? (type === "message/rfc822" ? t("message.attachedMessage") : t("message.unnamed"));
          const file = name ?? (type === "message/rfc822" ? "message.eml" : "attachment");
          return (
            <li key={partId ?? blobId ?? index}>
              <a
                href={blobId === null ? undefined : jmap.downloadUrl({ blobId, name: file, type })}
                download={file}
                className={classes["file"]}
              >
                <span className={classes["kind"]} aria-hidden="true">
                  {extensionOf(file)}
                </span>
                <span className={classes["fileText"]}>
                  <span className={classes["fileName"]}>{shown}</span>
                  <span className={classes["fileSize"]}>{formatSize(size, i18n.language)}</span>
                </span>
                <IconDownload size={18} aria-hidden="true" />
                <span className={classes["hidden"]}>{t("message.download")}</span>
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function extensionOf(name: string): string {
  const extension = /\.([\p{L}\p{N}]{1,4})$/u.exec(name)?.[1];
  return extension === undefined ? "•" : extension.toUpperCase();
}
