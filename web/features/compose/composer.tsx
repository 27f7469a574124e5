import { useEffect, useRef, useState } from "react";
import { ActionIcon, Button, TextInput, Textarea, Tooltip } from "@mantine/core";
import {
  IconArrowsDiagonal,
  IconArrowsDiagonalMinimize2,
  IconPaperclip,
  IconSend,
  IconTrash,
  IconX,
} from "@tabler/icons-react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import { queryClient } from "../../app/query-client.ts";
import type { Jmap } from "../../app/jmap/client.ts";
import type { Identity } from "../../app/jmap/objects.ts";
import { announce } from "../../ui/announcer.tsx";
import { confirm } from "../../ui/confirm.tsx";
import { formatTime } from "../../ui/format.ts";
import { toast } from "../../ui/toast.tsx";
import { AddressField } from "./address-field.tsx";
import { parseAddress } from "./addresses.ts";
import { AttachmentList } from "./attachment-list.tsx";
import { closeComposer, compose, isOpenUnsaved, offerSave } from "./compose-store.ts";
import classes from "./composer.module.css";
import { type Draft, contentKey, emptyDraft } from "./draft.ts";
import { DraftSaver, type SaveStatus } from "./draft-saver.ts";
import { explainRefusal } from "./explain-refusal.ts";
import { useUploads } from "./use-uploads.ts";

export interface ComposerProps {
  readonly jmap: Jmap;
  readonly identity: Identity;
  readonly draftsId: string;
  readonly sentId: string;
  readonly initial: Draft;
  /** addresses of people one has written with, as `Name <address>` */
  readonly suggestions: readonly string[];
}

/** The window in which a message is written. It is saved all the time; closing it never loses anything. */
export function Composer(props: ComposerProps): React.ReactNode {
  const { jmap, identity, draftsId, sentId, initial, suggestions } = props;
  const { t, i18n } = useTranslation();
  const [draft, setDraft] = useState(initial);
  const [status, setStatus] = useState<SaveStatus>({ kind: "clean" });
  const [failure, setFailure] = useState<string>();
  const [sending, setSending] = useState(false);
  const [large, setLarge] = useState(false);
  const [more, setMore] = useState({ cc: initial.cc.length > 0, bcc: initial.bcc.length > 0 });
  const saver = useRef<DraftSaver>(null);
  const panel = useRef<HTMLDivElement>(null);
  const toField = useRef<HTMLInputElement>(null);
  const textField = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const uploads = useUploads(jmap, (attachment) => {
    change((before) => ({ ...before, attachments: [...before.attachments, attachment] }));
  });

  function change(edit: (before: Draft) => Draft): void {
    setDraft((before) => edit(before));
    setFailure(undefined);
  }

  useEffect(() => {
    // An untouched answer or an empty message isn't worth a draft; a restored or forwarded one is.
    const untouched = !isOpenUnsaved() && (initial.attachments.length === 0 || initial.emailId !== null);
    const own = new DraftSaver({ jmap, identity, draftsId, sentId, onStatus: setStatus }, initial, untouched);
    saver.current = own;
    const leave = (): void => void own.flush();
    globalThis.addEventListener("pagehide", leave);
    const withdraw = offerSave(async () => own.flush());
    return () => {
      withdraw();
      globalThis.removeEventListener("pagehide", leave);
      void own.close();
    };
    // One saver for the life of this composer; another draft is another composer (its key).
  }, []);

  useEffect(() => {
    saver.current?.change(draft);
  }, [draft]);

  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);

  useEffect(() => {
    if (initial.to.length === 0) toField.current?.focus();
    else {
      textField.current?.focus();
      textField.current?.setSelectionRange(0, 0);
    }
  }, []);

  const recipients = [...draft.to, ...draft.cc, ...draft.bcc];
  const busy = uploads.list.some(({ error }) => error === undefined);

  async function send(): Promise<void> {
    if (sending) return;
    if (recipients.length === 0) {
      setFailure(t("compose.noRecipients"));
      toField.current?.focus();
      return;
    }
    const wrong = recipients.find((one) => parseAddress(one) === undefined);
    if (wrong !== undefined) return setFailure(t("compose.noAddress", { text: wrong }));
    if (busy) return setFailure(t("compose.stillUploading"));
    if (draft.subject.trim() === "" && !(await confirm(t("compose.noSubject"), t("compose.sendAnyway"))))
      return;
    setSending(true);
    setFailure(undefined);
    try {
      await saver.current?.send();
      toast({ message: t("compose.sent") });
      closeComposer(initial.key);
      void queryClient.invalidateQueries({ queryKey: ["list"] });
    } catch (error) {
      const reason = explainRefusal(t, error);
      setFailure(reason);
      announce(reason);
      saver.current?.change({ ...draft });
    } finally {
      setSending(false);
    }
  }

  async function close(): Promise<void> {
    const written = contentKey(draft) !== contentKey(initial) || initial.emailId !== null;
    const safe = (await saver.current?.flush()) ?? true;
    closeComposer(initial.key);
    if (!safe) toast({ message: t("compose.keptHere"), kind: "failure" });
    else if (written && contentKey(draft) !== contentKey(emptyDraft()))
      toast({ message: t("compose.savedAsDraft") });
    void queryClient.invalidateQueries({ queryKey: ["list"] });
  }

  async function discard(): Promise<void> {
    const empty = contentKey(draft) === contentKey(initial) && initial.emailId === null;
    if (!empty && !(await confirm(t("compose.discardAsk"), t("compose.discard"), "danger"))) return;
    try {
      await saver.current?.discard();
      closeComposer(initial.key);
      if (!empty) toast({ message: t("compose.discarded") });
    } catch (error) {
      compose(draft);
      toast({ message: explain(t, error), kind: "failure" });
    }
  }

  const title = draft.subject.trim() === "" ? t("compose.title") : draft.subject;
  return (
    <div
      ref={panel}
      role="dialog"
      aria-label={t("compose.title")}
      className={classes["composer"]}
      data-large={large}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          void send();
        } else if (event.key === "Escape" && !event.defaultPrevented) {
          event.stopPropagation();
          void close();
        }
      }}
      onDragOver={(event) => {
        event.preventDefault();
      }}
      onDrop={(event) => {
        if (event.dataTransfer.files.length === 0) return;
        event.preventDefault();
        uploads.add(event.dataTransfer.files);
      }}
    >
      <div className={classes["head"]}>
        <h2 className={classes["title"]}>{title}</h2>
        <SaveNote status={status} t={t} language={i18n.language} />
        <Tooltip label={large ? t("compose.smaller") : t("compose.larger")}>
          <ActionIcon
            variant="subtle"
            color="gray"
            className={classes["resize"] ?? ""}
            aria-label={large ? t("compose.smaller") : t("compose.larger")}
            onClick={() => {
              setLarge(!large);
            }}
          >
            {large ? <IconArrowsDiagonalMinimize2 size={18} /> : <IconArrowsDiagonal size={18} />}
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t("compose.close")}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t("compose.close")}
            onClick={() => void close()}
          >
            <IconX size={19} />
          </ActionIcon>
        </Tooltip>
      </div>
      <form
        noValidate
        className={classes["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <AddressField
          label={t("message.to")}
          inputRef={toField}
          value={draft.to}
          suggestions={suggestions}
          onChange={(to) => {
            change((before) => ({ ...before, to }));
          }}
          aside={
            <span className={classes["more"]}>
              {!more.cc && (
                <button
                  type="button"
                  onClick={() => {
                    setMore({ ...more, cc: true });
                  }}
                >
                  {t("message.cc")}
                </button>
              )}
              {!more.bcc && (
                <button
                  type="button"
                  onClick={() => {
                    setMore({ ...more, bcc: true });
                  }}
                >
                  {t("message.bcc")}
                </button>
              )}
            </span>
          }
        />
        {more.cc && (
          <AddressField
            label={t("message.cc")}
            value={draft.cc}
            suggestions={suggestions}
            onChange={(cc) => {
              change((before) => ({ ...before, cc }));
            }}
          />
        )}
        {more.bcc && (
          <AddressField
            label={t("message.bcc")}
            value={draft.bcc}
            suggestions={suggestions}
            onChange={(bcc) => {
              change((before) => ({ ...before, bcc }));
            }}
          />
        )}
        <TextInput
          label={t("message.subject")}
          value={draft.subject}
          maxLength={900}
          onChange={(event) => {
            const subject = event.currentTarget.value;
            change((before) => ({ ...before, subject }));
          }}
          classNames={{
            root: classes["subject"] ?? "",
            input: classes["bare"] ?? "",
            label: classes["label"] ?? "",
            wrapper: classes["wrapper"] ?? "",
          }}
        />
        <Textarea
          ref={textField}
          aria-label={t("compose.text")}
          placeholder={t("compose.textHint")}
          value={draft.text}
          onChange={(event) => {
            const text = event.currentTarget.value;
            change((before) => ({ ...before, text }));
          }}
          onPaste={(event) => {
            if (event.clipboardData.files.length === 0) return;
            event.preventDefault();
            uploads.add(event.clipboardData.files);
          }}
          classNames={{
            root: classes["textRoot"] ?? "",
            wrapper: classes["textWrapper"] ?? "",
            input: classes["text"] ?? "",
          }}
        />
        <AttachmentList
          attachments={draft.attachments}
          uploads={uploads}
          onRemove={(gone) => {
            change((before) => ({
              ...before,
              attachments: before.attachments.filter((one) => one !== gone),
            }));
          }}
        />
        {failure !== undefined && (
          <p role="alert" className={classes["failure"]}>
            {failure}
          </p>
        )}
        <div className={classes["foot"]}>
          <Tooltip label={t("compose.sendHint")}>
            <Button type="submit" leftSection={<IconSend size={17} aria-hidden="true" />} loading={sending}>
              {t("compose.send")}
            </Button>
          </Tooltip>
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
              uploads.add(event.currentTarget.files ?? []);
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
              onClick={() => void discard()}
            >
              <IconTrash size={19} />
            </ActionIcon>
          </Tooltip>
        </div>
      </form>
    </div>
  );
}

interface SaveNoteProps {
  readonly status: SaveStatus;
  readonly t: TFunction;
  readonly language: string;
}

/** Whether what was typed is safe. Only a failure is worth interrupting somebody for. */
function SaveNote({ status, t, language }: SaveNoteProps): React.ReactNode {
  if (status.kind === "failed") {
    return (
      <span role="status" className={classes["saveFailed"]}>
        {t("compose.notSaved")}
      </span>
    );
  }
  const time = status.kind === "saved" ? status.at : undefined;
  return (
    <span className={classes["saved"]}>
      {status.kind === "saving" && t("compose.saving")}
      {time !== undefined && t("compose.saved", { time: formatTime(time, language) })}
    </span>
  );
}
