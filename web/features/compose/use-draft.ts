import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import type { Jmap } from "../../app/jmap/client.ts";
import type { Identity } from "../../app/jmap/objects.ts";
import { queryClient } from "../../app/query-client.ts";
import { announce } from "../../ui/announcer.tsx";
import { confirm } from "../../ui/confirm.tsx";
import { formatFull } from "../../ui/format.ts";
import { toast } from "../../ui/toast.tsx";
import { parseAddress } from "./addresses.ts";
import { closeComposer, compose, isOpenUnsaved, offerSave } from "./compose-store.ts";
import { type Draft, contentKey, emptyDraft } from "./draft.ts";
import { DraftSaver, type SaveStatus, type SentMessage } from "./draft-saver.ts";
import { explainRefusal } from "./explain-refusal.ts";
import type { Release } from "./release.ts";
import { takeBack } from "./take-back.ts";

export interface DraftDeps {
  readonly jmap: Jmap;
  readonly identity: Identity;
  readonly draftsId: string;
  readonly sentId: string;
}

/** A message while it is written: what it says, whether it is safe, and how it ends. */
export interface OpenDraft {
  readonly draft: Draft;
  readonly status: SaveStatus;
  /** why it could not be sent, in words */
  readonly failure: string | undefined;
  readonly sending: boolean;
  readonly change: (edit: (before: Draft) => Draft) => void;
  /** @param uploading a file is still under way */
  readonly send: (uploading: boolean, release?: Release) => Promise<void>;
  /** Leaves it in Drafts. */
  readonly close: () => Promise<void>;
  /** Throws it away, after asking. */
  readonly discard: () => Promise<void>;
}

export function useDraft({ jmap, identity, draftsId, sentId }: DraftDeps, initial: Draft): OpenDraft {
  const { t, i18n } = useTranslation();
  const [draft, setDraft] = useState(initial);
  const [status, setStatus] = useState<SaveStatus>({ kind: "clean" });
  const [failure, setFailure] = useState<string>();
  const [sending, setSending] = useState(false);
  const saver = useRef<DraftSaver>(null);
  const latest = useRef(draft);
  latest.current = draft;
  const isSending = useRef(false);

  useEffect(() => {
    // An untouched answer or an empty message isn't worth a draft; a restored or forwarded one is.
    const untouched = !isOpenUnsaved() && (initial.attachments.length === 0 || initial.emailId !== null);
    const own = new DraftSaver({ jmap, identity, draftsId, sentId, onStatus: setStatus }, initial, untouched);
    saver.current = own;
    const leave = (): void => void own.flush();
    globalThis.addEventListener("pagehide", leave);
    const withdraw = offerSave(() => own.flush());
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

  /** What keeps a message from being sent, before the server is asked. */
  function obstacle(wanted: Draft, uploading: boolean): string | undefined {
    const recipients = [...wanted.to, ...wanted.cc, ...wanted.bcc];
    if (recipients.length === 0) return t("compose.noRecipients");
    const wrong = recipients.find((one) => parseAddress(one) === undefined);
    if (wrong !== undefined) return t("compose.noAddress", { text: wrong });
    return uploading ? t("compose.stillUploading") : undefined;
  }

  async function undo({ submissionId, draft: sent }: SentMessage): Promise<void> {
    try {
      await takeBack({ jmap, draftsId, sentId }, submissionId);
      compose(sent);
      announce(t("compose.takenBack"));
    } catch (error) {
      toast({ message: explainRefusal(t, error), kind: "failure" });
    }
    void queryClient.invalidateQueries({ queryKey: ["list"] });
  }

  async function send(uploading: boolean, release: Release = { kind: "soon" }): Promise<void> {
    if (isSending.current) return;
    isSending.current = true;
    try {
      const found = obstacle(latest.current, uploading);
      setFailure(found);
      if (found !== undefined) return;
      const noSubject = latest.current.subject.trim() === "";
      if (noSubject && !(await confirm(t("compose.noSubject"), t("compose.sendAnyway")))) return;
      setSending(true);
      const sent = await saver.current?.send(release);
      if (sent === undefined) return;
      toast({
        message:
          release.kind === "soon"
            ? t("compose.sent")
            : t("compose.later.done", { time: formatFull(release.at.toISOString(), i18n.language) }),
        action: { label: t("action.undo"), run: () => void undo(sent) },
      });
      closeComposer(initial.key);
      void queryClient.invalidateQueries({ queryKey: ["list"] });
    } catch (error) {
      const reason = explainRefusal(t, error);
      setFailure(reason);
      announce(reason);
      saver.current?.change({ ...latest.current });
    } finally {
      isSending.current = false;
      setSending(false);
    }
  }

  async function close(): Promise<void> {
    const content = contentKey(latest.current);
    const isNew = initial.emailId === null && content === contentKey(initial);
    const safe = (await saver.current?.flush()) ?? true;
    closeComposer(initial.key);
    if (!safe) toast({ message: t("compose.keptHere"), kind: "failure" });
    else if (!isNew && content !== contentKey(emptyDraft())) toast({ message: t("compose.savedAsDraft") });
    void queryClient.invalidateQueries({ queryKey: ["list"] });
  }

  async function discard(): Promise<void> {
    const isNew = initial.emailId === null && contentKey(latest.current) === contentKey(initial);
    if (!isNew && !(await confirm(t("compose.discardAsk"), t("compose.discard"), "danger"))) return;
    try {
      await saver.current?.discard();
      closeComposer(initial.key);
      if (!isNew) toast({ message: t("compose.discarded") });
    } catch (error) {
      compose(latest.current);
      toast({ message: explain(t, error), kind: "failure" });
    }
  }

  function change(edit: (before: Draft) => Draft): void {
    setDraft(edit);
    setFailure(undefined);
  }

  return { draft, status, failure, sending, change, send, close, discard };
}
