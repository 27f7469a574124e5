import { Suspense, lazy, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconEdit } from "@tabler/icons-react";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import { onSignedOut } from "../../app/http.ts";
import type { EmailContent, EmailSummary } from "../../app/jmap/objects.ts";
import { queryClient } from "../../app/query-client.ts";
import { sessionQuery } from "../../app/session.ts";
import { announce } from "../../ui/announcer.tsx";
import { Sign } from "../../ui/wordmark.tsx";
import { runLatestToastAction, toast } from "../../ui/toast.tsx";
import { useTitle } from "../../ui/use-title.ts";
import { displayName } from "../compose/addresses.ts";
import { type AnswerKind, answer, resume } from "../compose/answer.ts";
import { compose, putAside, useOpenDraft } from "../compose/compose-store.ts";
import { HelpDialog, openHelp } from "./help-dialog.tsx";
import { findFolder } from "./folders.ts";
import { ListHeader } from "./list-header.tsx";
import { contentQuery, useMessageList } from "./mail-data.ts";
import { MailProvider, useMail } from "./mail-context.tsx";
import classes from "./mail-page.module.css";
import { MessageList } from "./message-list.tsx";
import { ReadingPane } from "./reading-pane.tsx";
import type { ListView } from "./search-query.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { Sidebar } from "./sidebar.tsx";
import { startSync } from "./sync.ts";
import { useCommands } from "./use-commands.ts";
import { useMailAccount } from "./use-mail-account.ts";
import { useSelection } from "./use-selection.ts";
import { useShortcuts } from "./use-shortcuts.ts";

const ComposeLayer = lazy(async () => ({
  default: (await import("../compose/compose-layer.tsx")).ComposeLayer,
}));

/** One pane at a time below this; the same width as in the style sheets. */
const PHONE = "(max-width: 48em)";

export function MailPage(): React.ReactNode {
  const mail = useMailAccount();
  return (
    <MailProvider value={mail}>
      <MailScreen />
      <Suspense fallback={null}>
        <ComposeLayer />
      </Suspense>
    </MailProvider>
  );
}

function MailScreen(): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { jmap, session, folders } = useMail();
  const navigate = useNavigate();
  const { folder: param = "inbox", emailId: openId } = useParams({ strict: false });
  const { q: search = "", all: everywhere = false } = useSearch({ from: "/mail" });
  const folder = findFolder(folders, param) ?? folders[0];
  const [drawer, setDrawer] = useState(false);
  const [focusMessage, setFocusMessage] = useState(false);
  const isPhone = useMediaQuery(PHONE);
  const isComposing = useOpenDraft() !== undefined;
  const searchField = useRef<HTMLInputElement>(null);
  const everything = everywhere && search !== "";
  const mailboxId = folder?.mailbox.id;
  const view = useMemo<ListView | undefined>(
    () => (mailboxId === undefined ? undefined : { mailboxId: everything ? null : mailboxId, search }),
    [mailboxId, everything, search],
  );
  const list = useMessageList(jmap, view);
  const ids = list.query.data?.ids ?? [];
  const selection = useSelection(ids, `${param} ${search} ${everything}`);
  const inbox = folders.find(({ role }) => role === "inbox");
  useTitle(folder?.name ?? t("folder.inbox"), inbox?.mailbox.unreadEmails ?? 0);

  const show = useCallback(
    (id: string | undefined, replace = false) => {
      const place = { ...(search !== "" && { q: search }), ...(everywhere && { all: true }) };
      if (id === undefined) {
        void navigate({ to: "/mail/$folder", params: { folder: param }, search: place, replace });
      } else {
        void navigate({
          to: "/mail/$folder/$emailId",
          params: { folder: param, emailId: id },
          search: place,
          replace,
        });
      }
    },
    [navigate, param, search, everywhere],
  );

  /** When the open message leaves the list, the next one takes its place (on a phone: the list). */
  const onGone = useCallback(
    (gone: readonly string[]) => {
      selection.clear();
      if (openId === undefined || !gone.includes(openId)) return;
      const at = ids.indexOf(openId);
      const next =
        ids.slice(at + 1).find((id) => !gone.includes(id)) ??
        ids.slice(0, Math.max(at, 0)).findLast((id) => !gone.includes(id));
      setFocusMessage(!isPhone);
      show(isPhone ? undefined : next, true);
    },
    [ids, openId, selection, show, isPhone],
  );
  const commands = useCommands(folder, onGone);

  const withContent = useCallback(
    async (id: string, use: (content: EmailContent) => void) => {
      try {
        const content = await queryClient.fetchQuery(contentQuery(jmap, id));
        if (content !== null) use(content);
      } catch (error) {
        toast({ message: explain(t, error), kind: "failure" });
      }
    },
    [jmap, t],
  );
  const onAnswer = useCallback(
    (kind: AnswerKind, id: string) => {
      void withContent(id, (content) => {
        compose(answer(kind, content, session.address, t, i18n.language));
      });
    },
    [withContent, session.address, t, i18n.language],
  );
  const onResume = useCallback(
    (id: string) => {
      void withContent(id, (content) => {
        compose(resume(content));
      });
    },
    [withContent],
  );

  const onOpen = useCallback(
    (email: EmailSummary, event: React.MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (email.keywords["$draft"] === true) {
        event.preventDefault();
        onResume(email.id);
        return;
      }
      setFocusMessage(true);
    },
    [onResume],
  );

  useEffect(() => {
    return startSync(jmap, {
      onNewMail(emails) {
        const first = emails[0];
        const sender = first?.from?.[0];
        announce(
          emails.length === 1 && first !== undefined
            ? t("list.newFrom", {
                name: sender === undefined ? "" : displayName(sender),
                subject: first.subject ?? "",
              })
            : t("list.newMany", { count: emails.length }),
        );
      },
    });
  }, [jmap, t]);

  useEffect(
    () =>
      onSignedOut(() => {
        if (queryClient.getQueryData(sessionQuery.queryKey) === null) return;
        queryClient.setQueryData(sessionQuery.queryKey, null);
        // The next to sign in here may be somebody else.
        putAside();
        const back = { ended: true, next: location.pathname };
        void navigate({ to: "/sign-in", search: back, replace: true });
      }),
    [navigate],
  );

  function step(by: 1 | -1): void {
    const at = openId === undefined ? -1 : ids.indexOf(openId);
    const next = ids[at === -1 ? 0 : at + by];
    if (next === undefined) return;
    setFocusMessage(false);
    show(next, openId !== undefined);
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>(`[data-row="${CSS.escape(next)}"]`)?.focus(),
    );
  }
  function back(): void {
    show(undefined);
    const row = openId;
    if (row !== undefined) {
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>(`[data-row="${CSS.escape(row)}"]`)?.focus(),
      );
    }
  }
  /** What a key works on: the selection, else the open message. */
  function targets(): readonly string[] {
    return selection.ids.length > 0 ? selection.ids : openId === undefined ? [] : [openId];
  }
  function run(command: ((on: readonly string[]) => void) | undefined): void {
    const on = targets();
    if (on.length > 0) command?.(on);
  }
  function goTo(name: string): void {
    void navigate({ to: "/mail/$folder", params: { folder: name }, search: {} });
  }
  function answerOpen(kind: AnswerKind): void {
    if (openId !== undefined) onAnswer(kind, openId);
  }

  useShortcuts({
    j: () => {
      step(1);
    },
    k: () => {
      step(-1);
    },
    u: back,
    c: () => {
      compose();
    },
    r: () => {
      answerOpen("reply");
    },
    a: () => {
      answerOpen("replyAll");
    },
    f: () => {
      answerOpen("forward");
    },
    e: () => {
      run(commands.archive);
    },
    "#": () => {
      run(commands.remove);
    },
    Delete: () => {
      run(commands.remove);
    },
    "!": () => {
      run(commands.junk);
    },
    U: () => {
      run(commands.markUnread);
    },
    s: () => {
      run((on) => {
        commands.star(on, !on.every(isStarred));
      });
    },
    x: () => {
      const focused =
        document.activeElement instanceof HTMLElement ? document.activeElement.dataset["row"] : undefined;
      const id = focused ?? openId;
      if (id !== undefined) selection.toggle(id, false);
    },
    z: runLatestToastAction,
    "/": () => searchField.current?.focus(),
    "?": openHelp,
    Escape: () => {
      if (selection.ids.length > 0) selection.clear();
      else if (openId !== undefined) back();
    },
    "g i": () => {
      goTo("inbox");
    },
    "g d": () => {
      goTo("drafts");
    },
    "g t": () => {
      goTo("sent");
    },
  });

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
      <Drawer.Root
        opened={drawer}
        onClose={() => {
          setDrawer(false);
        }}
        size="18.5rem"
        padding={0}
        classNames={{ content: classes["drawer"] ?? "", body: classes["drawerBody"] ?? "" }}
      >
        <Drawer.Overlay />
        <Drawer.Content aria-label={t("folder.list")}>
          <Drawer.Body>
            <Sidebar
              current={folder}
              onChosen={() => {
                setDrawer(false);
              }}
            />
          </Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
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
              everywhere={everything}
              searchRef={searchField}
              onMenu={() => {
                setDrawer(true);
              }}
              onSearch={(q, all) => {
                void navigate({
                  to: "/mail/$folder",
                  params: { folder: param },
                  search: { ...(q !== "" && { q }), ...(all && { all: true }) },
                  replace: search !== "",
                });
              }}
              onEmpty={commands.emptyTrash}
            />
          )}
          <MessageList
            key={`${param} ${search} ${everything}`}
            list={list}
            folder={folder}
            search={search}
            everywhere={everything}
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
              onAnswer={onAnswer}
              onResume={onResume}
            />
          )}
        </section>
        <div id="menus" className={classes["menus"]} />
      </main>
      <button
        type="button"
        className={classes["fab"]}
        onClick={() => {
          compose();
        }}
      >
        <IconEdit size={22} aria-hidden="true" />
        {t("compose.new")}
      </button>
      <HelpDialog />
    </div>
  );
}

function isStarred(id: string): boolean {
  return queryClient.getQueryData<EmailSummary | null>(["email", id])?.keywords["$flagged"] === true;
}
