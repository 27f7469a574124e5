import { useCallback, useRef, useState } from "react";
import { useMediaQuery } from "@mantine/hooks";
import { IconEdit } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { EmailSummary } from "../../app/jmap/objects.ts";
import { useTitle } from "../../ui/use-title.ts";
import { Sign } from "../../ui/wordmark.tsx";
import { compose, useOpenDraft } from "../compose/compose-store.ts";
import { FolderDrawer } from "./folder-drawer.tsx";
import { HelpDialog } from "./help-dialog.tsx";
import { ListHeader } from "./list-header.tsx";
import { useMail } from "./mail-context.tsx";
import { useMessageList } from "./mail-data.ts";
import classes from "./mail-screen.module.css";
import { MessageList } from "./message-list.tsx";
import { ReadingPane } from "./reading-pane.tsx";
import { SelectionBar } from "./selection-bar.tsx";
import { Sidebar } from "./sidebar.tsx";
import { useAnswers } from "./use-answers.ts";
import { useCommands } from "./use-commands.ts";
import { useLiveMail } from "./use-live-mail.ts";
import { useMailKeys } from "./use-mail-keys.ts";
import { useMailPlace } from "./use-mail-place.ts";
import { useSelection } from "./use-selection.ts";

/** One pane at a time below this; the same width as in the style sheets. */
const PHONE = "(max-width: 48em)";

/** Folders, messages and the open message: three panes on a desk, one at a time on a phone. */
export function MailScreen(): React.ReactNode {
  const { t } = useTranslation();
  const { jmap, folders } = useMail();
  const place = useMailPlace();
  const { folder, openId, search, everywhere, listName, show } = place;
  const list = useMessageList(jmap, place.view);
  const ids = list.query.data?.ids ?? [];
  const selection = useSelection(ids, listName);
  const answers = useAnswers();
  const isPhone = useMediaQuery(PHONE);
  const isComposing = useOpenDraft() !== undefined;
  const [drawer, setDrawer] = useState(false);
  const [focusMessage, setFocusMessage] = useState(false);
  const searchField = useRef<HTMLInputElement>(null);
  const unread = folders.find(({ role }) => role === "inbox")?.mailbox.unreadEmails ?? 0;
  useTitle(folder?.name ?? t("folder.inbox"), unread);
  useLiveMail();

  /** When the open message leaves the list, the next one takes its place (on a phone: the list). */
  const onGone = useCallback(
    (gone: readonly string[]) => {
      selection.clear();
      if (openId === undefined || !gone.includes(openId)) return;
      setFocusMessage(!isPhone);
      show(isPhone ? undefined : neighbour(ids, openId, gone), true);
    },
    [ids, openId, selection, show, isPhone],
  );
  const commands = useCommands(folder, onGone);

  const onOpen = useCallback(
    (email: EmailSummary, event: React.MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (email.keywords["$draft"] === true) {
        event.preventDefault();
        answers.resume(email.id);
        return;
      }
      setFocusMessage(true);
    },
    [answers],
  );

  function step(by: 1 | -1): void {
    const at = openId === undefined ? -1 : ids.indexOf(openId);
    const next = ids[at === -1 ? 0 : at + by];
    if (next === undefined) return;
    setFocusMessage(false);
    show(next, openId !== undefined);
    focusRow(next);
  }

  function back(): void {
    show(undefined);
    if (openId !== undefined) focusRow(openId);
  }

  const focusSearch = (): void => searchField.current?.focus();
  useMailKeys({ place, selection, commands, answers, step, back, focusSearch });

  if (folder === undefined) return null;
  return (
    <div className={classes["shell"]} data-reading={openId !== undefined} inert={isPhone && isComposing}>
      <a href="#list" className={classes["skip"]}>
        {t("skip.list")}
      </a>
      {openId !== undefined && (
        <a href="#message" className={classes["skip"]}>
          {t("skip.message")}
        </a>
      )}
      <aside className={classes["rail"]}>
        <Sidebar current={folder} />
      </aside>
      <FolderDrawer opened={drawer} current={folder} onClose={() => setDrawer(false)} />
      <main className={classes["main"]}>
        <section id="list" tabIndex={-1} className={classes["listPane"]} aria-label={t("list.label")}>
          {selection.ids.length > 0 ? (
            <SelectionBar
              ids={selection.ids}
              total={ids.length}
              commands={commands}
              onAll={selection.all}
              onClear={selection.clear}
            />
          ) : (
            <ListHeader
              folder={folder}
              total={list.query.data?.total}
              search={search}
              everywhere={everywhere}
              searchRef={searchField}
              onMenu={() => setDrawer(true)}
              onSearch={place.searchFor}
              onEmpty={commands.emptyTrash}
            />
          )}
          <MessageList
            key={listName}
            list={list}
            folder={folder}
            search={search}
            everywhere={everywhere}
            openId={openId}
            selected={selection.set}
            onOpen={onOpen}
            onSelect={selection.toggle}
          />
        </section>
        <section className={classes["readPane"]} aria-label={t("message.pane")}>
          {openId === undefined ? (
            <div className={classes["nothing"]}>
              <Sign size={72} />
              <p>{t("message.nothingOpen")}</p>
            </div>
          ) : (
            <ReadingPane
              key={openId}
              id={openId}
              folder={folder}
              commands={commands}
              takeFocus={focusMessage}
              onBack={back}
              onAnswer={answers.answer}
              onResume={answers.resume}
            />
          )}
        </section>
        <div id="menus" className={classes["menus"]} />
      </main>
      <button type="button" className={classes["fab"]} onClick={() => compose()}>
        <IconEdit size={22} aria-hidden="true" />
        {t("compose.new")}
      </button>
      <HelpDialog />
    </div>
  );
}

/** The message after `id`, else the one before it, that stays in the list. */
function neighbour(ids: readonly string[], id: string, gone: readonly string[]): string | undefined {
  const at = Math.max(ids.indexOf(id), 0);
  const stays = (one: string): boolean => !gone.includes(one);
  return ids.slice(at + 1).find(stays) ?? ids.slice(0, at).findLast(stays);
}

/** Moves the keyboard focus to a row, once the list is on the screen. */
function focusRow(id: string): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`)?.focus());
}
