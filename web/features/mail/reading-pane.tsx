import { useEffect, useRef } from "react";
import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import {
  IconArchive,
  IconArrowBackUp,
  IconArrowBackUpDouble,
  IconArrowForwardUp,
  IconArrowLeft,
  IconDots,
  IconDownload,
  IconMail,
  IconPencil,
  IconShieldExclamation,
  IconStar,
  IconStarFilled,
  IconTrash,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { EmailSummary } from "../../app/jmap/objects.ts";
import type { AnswerKind } from "../compose/answer.ts";
import { WaitingNotice } from "../compose/waiting-notice.tsx";
import { Conversation } from "./conversation.tsx";
import type { Folder } from "./folders.ts";
import { contentQuery, summaryQuery } from "./mail-data.ts";
import { useMail } from "./mail-context.tsx";
import { MoveMenu } from "./move-menu.tsx";
import classes from "./reading-pane.module.css";
import type { Commands } from "./use-commands.ts";

export interface ReadingPaneProps {
  readonly id: string;
  readonly folder: Folder;
  readonly commands: Commands;
  /** put the keyboard focus on the subject once it is there */
  readonly takeFocus: boolean;
  readonly onBack: () => void;
  readonly onAnswer: (kind: AnswerKind, id: string) => void;
  readonly onResume: (id: string) => void;
}

export function ReadingPane(props: ReadingPaneProps): React.ReactNode {
  const { id, folder, commands, takeFocus, onBack, onAnswer, onResume } = props;
  const { t } = useTranslation();
  const { jmap, actions } = useMail();
  const { data: email } = useQuery(summaryQuery(jmap, id));
  const heading = useRef<HTMLHeadingElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const loaded = email !== undefined && email !== null;

  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
    if (takeFocus) heading.current?.focus({ preventScroll: true });
  }, [id, loaded, takeFocus]);

  useEffect(() => {
    if (loaded) actions.setKeyword([id], "$seen", true);
    // when it is opened; marking it unread afterwards must last
  }, [id, loaded]);

  if (email === null) {
    return (
      <div className={classes["gone"]}>
        <p role="status">{t("message.gone")}</p>
        <Button variant="default" onClick={onBack}>
          {t("message.back")}
        </Button>
      </div>
    );
  }
  const subject =
    email?.subject?.trim() === "" || email?.subject === null
      ? t("message.noSubject")
      : (email?.subject ?? "");
  const isDraft = email?.keywords["$draft"] === true;
  return (
    <article className={classes["pane"]} aria-label={t("message.label")}>
      <Toolbar id={id} email={email} folder={folder} commands={commands} onBack={onBack} />
      <div ref={scroller} className={classes["scroller"]} id="message">
        <div className={classes["sheet"]}>
          <h1 ref={heading} tabIndex={-1} className={classes["subject"]}>
            {subject}
          </h1>
          {isDraft && (
            <div className={classes["draft"]}>
              <p>{t("message.isDraft")}</p>
              <Button
                leftSection={<IconPencil size={17} aria-hidden="true" />}
                onClick={() => {
                  onResume(id);
                }}
              >
                {t("message.continue")}
              </Button>
            </div>
          )}
          {folder.role === "sent" && loaded && <Waiting id={id} onTakenBack={onBack} />}
          {email !== undefined && <Conversation email={email} folder={folder} />}
          {!isDraft && loaded && (
            <div className={classes["answers"]}>
              <AnswerButtons id={id} onAnswer={onAnswer} />
            </div>
          )}
        </div>
      </div>
    </article>
  );
}

/** A message among the sent ones may still wait for its time. */
function Waiting({
  id,
  onTakenBack,
}: {
  readonly id: string;
  readonly onTakenBack: () => void;
}): React.ReactNode {
  const { jmap, folders } = useMail();
  const idOf = (role: "drafts" | "sent"): string | undefined =>
    folders.find((one) => one.role === role)?.mailbox.id;
  const [draftsId, sentId] = [idOf("drafts"), idOf("sent")];
  if (draftsId === undefined || sentId === undefined) return null;
  const more = { jmap, draftsId, sentId, className: classes["draft"] ?? "", onTakenBack };
  return <WaitingNotice emailId={id} {...more} />;
}

interface AnswerButtonsProps {
  readonly id: string;
  readonly onAnswer: (kind: AnswerKind, id: string) => void;
}

const ANSWERS = [
  { kind: "reply", Icon: IconArrowBackUp },
  { kind: "replyAll", Icon: IconArrowBackUpDouble },
  { kind: "forward", Icon: IconArrowForwardUp },
] as const;

function AnswerButtons({ id, onAnswer }: AnswerButtonsProps): React.ReactNode {
  const { t } = useTranslation();
  return ANSWERS.map(({ kind, Icon }) => (
    <Button
      key={kind}
      variant={kind === "reply" ? "filled" : "default"}
      radius="xl"
      leftSection={<Icon size={18} aria-hidden="true" />}
      onClick={() => {
        onAnswer(kind, id);
      }}
    >
      {t(`action.${kind}`)}
    </Button>
  ));
}

interface ToolbarProps {
  readonly id: string;
  readonly email: EmailSummary | undefined;
  readonly folder: Folder;
  readonly commands: Commands;
  readonly onBack: () => void;
}

function Toolbar({ id, email, folder, commands, onBack }: ToolbarProps): React.ReactNode {
  const { t } = useTranslation();
  const { jmap } = useMail();
  const { data: content } = useQuery(contentQuery(jmap, id));
  const starred = email?.keywords["$flagged"] === true;
  const remove = folder.role === "trash" ? t("action.destroy") : t("action.delete");
  const tools = [
    { label: t("action.archive"), Icon: IconArchive, run: commands.archive },
    { label: remove, Icon: IconTrash, run: commands.remove },
    { label: t("action.junk"), Icon: IconShieldExclamation, run: commands.junk },
  ];
  return (
    <div role="toolbar" aria-label={t("message.tools")} className={classes["toolbar"]}>
      <Tooltip label={t("message.back")}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          className={classes["back"] ?? ""}
          aria-label={t("message.back")}
          onClick={onBack}
        >
          <IconArrowLeft size={21} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
      {tools.map(({ label, Icon, run }) =>
        run === undefined ? null : (
          <Tooltip key={label} label={label}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={label}
              onClick={() => {
                run([id]);
              }}
            >
              <Icon size={20} stroke={1.7} />
            </ActionIcon>
          </Tooltip>
        ),
      )}
      <MoveMenu
        onMove={(target) => {
          commands.moveTo([id], target);
        }}
      />
      <span className={classes["gap"]} />
      <Tooltip label={t("action.star")}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t("action.star")}
          aria-pressed={starred}
          className={starred ? (classes["starred"] ?? "") : ""}
          onClick={() => {
            commands.star([id], !starred);
          }}
        >
          {starred ? <IconStarFilled size={19} /> : <IconStar size={20} stroke={1.7} />}
        </ActionIcon>
      </Tooltip>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("action.more")}>
            <IconDots size={20} stroke={1.7} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconMail size={17} aria-hidden="true" />}
            onClick={() => {
              commands.markUnread([id]);
              onBack();
            }}
          >
            {t("action.markUnread")}
          </Menu.Item>
          {content !== undefined && content !== null && (
            <Menu.Item
              component="a"
              href={jmap.downloadUrl({ blobId: content.blobId, name: "message.eml", type: "message/rfc822" })}
              download="message.eml"
              leftSection={<IconDownload size={17} aria-hidden="true" />}
            >
              {t("action.download")}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
