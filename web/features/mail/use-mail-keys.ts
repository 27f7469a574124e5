import { queryClient } from "../../app/query-client.ts";
import type { EmailSummary } from "../../app/jmap/objects.ts";
import { runLatestToastAction } from "../../ui/toast.tsx";
import type { AnswerKind } from "../compose/answer.ts";
import { compose } from "../compose/compose-store.ts";
import { openHelp } from "./help-dialog.tsx";
import type { Answers } from "./use-answers.ts";
import type { Commands } from "./use-commands.ts";
import type { MailPlace } from "./use-mail-place.ts";
import type { Selection } from "./use-selection.ts";
import { useShortcuts } from "./use-shortcuts.ts";

export interface KeyTargets {
  readonly place: MailPlace;
  readonly selection: Selection;
  readonly commands: Commands;
  readonly answers: Answers;
  /** opens the next (1) or the previous (-1) message */
  readonly step: (by: 1 | -1) => void;
  readonly back: () => void;
  readonly focusSearch: () => void;
}

/** What single keys do on the mail screens; the help dialog lists them. */
export function useMailKeys(targets: KeyTargets): void {
  const { place, selection, commands, answers, step, back, focusSearch } = targets;
  const { openId } = place;

  /** on the selection, else on the open message */
  const run = (command: ((ids: readonly string[]) => void) | undefined) => () => {
    const ids = selection.ids.length > 0 ? selection.ids : openId === undefined ? [] : [openId];
    if (ids.length > 0) command?.(ids);
  };
  const answer = (kind: AnswerKind) => () => {
    if (openId !== undefined) answers.answer(kind, openId);
  };
  const goTo = (folder: string) => () => place.goTo(folder);

  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    u: back,
    c: () => compose(),
    r: answer("reply"),
    a: answer("replyAll"),
    f: answer("forward"),
    e: run(commands.archive),
    "#": run(commands.remove),
    Delete: run(commands.remove),
    "!": run(commands.junk),
    U: run(commands.markUnread),
    s: run((ids) => commands.star(ids, !ids.every((id) => isStarred(id)))),
    x: () => {
      const id = focusedRow() ?? openId;
      if (id !== undefined) selection.toggle(id, false);
    },
    z: runLatestToastAction,
    "/": focusSearch,
    "?": openHelp,
    Escape: () => {
      if (selection.ids.length > 0) selection.clear();
      else if (openId !== undefined) back();
    },
    "g i": goTo("inbox"),
    "g d": goTo("drafts"),
    "g t": goTo("sent"),
  });
}

function focusedRow(): string | undefined {
  const { activeElement } = document;
  return activeElement instanceof HTMLElement ? activeElement.dataset["row"] : undefined;
}

function isStarred(id: string): boolean {
  return queryClient.getQueryData<EmailSummary | null>(["email", id])?.keywords["$flagged"] === true;
}
