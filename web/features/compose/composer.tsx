import { useEffect, useRef, useState } from "react";
import { TextInput, Textarea } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { AttachmentList } from "./attachment-list.tsx";
import { ComposerFoot } from "./composer-foot.tsx";
import { ComposerHead } from "./composer-head.tsx";
import classes from "./composer.module.css";
import type { Draft } from "./draft.ts";
import { RecipientFields } from "./recipient-fields.tsx";
import type { Release } from "./release.ts";
import { type DraftDeps, useDraft } from "./use-draft.ts";
import { useUploads } from "./use-uploads.ts";

export interface ComposerProps extends DraftDeps {
  readonly initial: Draft;
  /** addresses of people one has written with, as `Name <address>` */
  readonly suggestions: readonly string[];
}

/** The window in which a message is written. It is saved all the time; closing it never loses anything. */
export function Composer({ initial, suggestions, ...deps }: ComposerProps): React.ReactNode {
  const { t } = useTranslation();
  const open = useDraft(deps, initial);
  const { draft, status, failure, sending, change } = open;
  const [large, setLarge] = useState(false);
  const toField = useRef<HTMLInputElement>(null);
  const textField = useRef<HTMLTextAreaElement>(null);
  const uploads = useUploads(deps.jmap, (attachment) => {
    change((before) => ({ ...before, attachments: [...before.attachments, attachment] }));
  });
  useFocusBack();

  useEffect(() => {
    if (initial.to.length === 0) toField.current?.focus();
    else {
      textField.current?.focus();
      textField.current?.setSelectionRange(0, 0);
    }
    // where writing begins, when the composer opens
  }, []);

  function send(release?: Release): void {
    // An address that is half typed is taken up when its field is left.
    const { activeElement } = document;
    if (activeElement instanceof HTMLInputElement) activeElement.blur();
    setTimeout(
      () =>
        void open.send(
          uploads.list.some(({ error }) => error === undefined),
          release,
        ),
    );
  }

  return (
    <div
      role="dialog"
      aria-label={t("compose.title")}
      className={classes["composer"]}
      data-large={large}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          send();
        } else if (event.key === "Escape" && !event.defaultPrevented) {
          event.stopPropagation();
          void open.close();
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
      <ComposerHead
        title={draft.subject}
        status={status}
        large={large}
        onResize={() => setLarge(!large)}
        onClose={() => void open.close()}
      />
      <form
        noValidate
        className={classes["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <RecipientFields
          draft={draft}
          suggestions={suggestions}
          toRef={toField}
          onChange={(part) => change((before) => ({ ...before, ...part }))}
        />
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
        <ComposerFoot
          sending={sending}
          onLater={(at) => send({ kind: "at", at })}
          onFiles={uploads.add}
          onDiscard={() => void open.discard()}
        />
      </form>
    </div>
  );
}

/** Gives the keyboard focus back to where it was when the window opened. */
function useFocusBack(): void {
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
}
