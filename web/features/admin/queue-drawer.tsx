import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { QueueAction, QueueEntryDetail } from "../../../src/contract/queue.ts";
import { formatLong, formatSize } from "../../ui/format.ts";
import { queueEntryQuery } from "./admin-data.ts";
import { DetailDrawer } from "./detail-drawer.tsx";
import { Badge } from "./page-parts.tsx";
import { useQueueActions } from "./use-queue-actions.ts";
import { STATE_TONES, whyWaiting } from "./why-waiting.ts";
import classes from "./detail.module.css";

/** What is being sent is something else in a moment. */
const SOON_MS = 2_000;
const LATER_MS = 15_000;

/** All about one entry of the queue: why it waits, for whom, and what was answered. */
export function QueueDrawer({
  id,
  onClose,
}: {
  readonly id: string | undefined;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery({
    ...queueEntryQuery(id ?? ""),
    enabled: id !== undefined,
    refetchInterval: ({ state }) =>
      state.data?.state === "sending" || state.data?.state === "due" ? SOON_MS : LATER_MS,
  });
  return (
    <DetailDrawer
      opened={id !== undefined}
      title={t("admin.queue.detail")}
      onClose={onClose}
      found={found}
      unknown={t("admin.queue.gone")}
    >
      {(entry) => <EntryDetail entry={entry} />}
    </DetailDrawer>
  );
}

function EntryDetail({ entry }: { readonly entry: QueueEntryDetail }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  const tone = STATE_TONES[entry.state];
  return (
    <>
      <div className={classes["why"]} data-tone={tone}>
        <Badge tone={tone}>{t(`admin.queue.states.${entry.state}`)}</Badge>
        <p>{whyWaiting(t, entry, language, Date.now())}</p>
        {entry.lastReply !== null && (
          <>
            <p className={classes["mild"]}>
              {entry.lastMta === null
                ? t("admin.queue.weSaid")
                : t("admin.queue.theySaid", { host: entry.lastMta })}
            </p>
            <q className={classes["reply"]}>{entry.lastReply}</q>
          </>
        )}
      </div>
      <EntryActions entry={entry} />
      <dl className={classes["facts"]}>
        <dt>{t("admin.sender")}</dt>
        <dd>{entry.sender === "" ? t("admin.system") : entry.sender}</dd>
        <dt>{t("admin.queue.arrived")}</dt>
        <dd>{formatLong(entry.arrivedAt, language)}</dd>
        {entry.dueAt !== null && (
          <>
            <dt>{t("admin.queue.next")}</dt>
            <dd>{formatLong(entry.dueAt, language)}</dd>
          </>
        )}
        <dt>{t("admin.queue.giveUp")}</dt>
        <dd>{formatLong(entry.giveUpAt, language)}</dd>
        <dt>{t("admin.queue.attempts")}</dt>
        <dd>{entry.attempts}</dd>
        <dt>{t("admin.size")}</dt>
        <dd>{formatSize(entry.size, language)}</dd>
      </dl>
      <section className={classes["section"]}>
        <h3>{t("admin.queue.recipients", { count: entry.recipients })}</h3>
        <ul className={classes["plain"]}>
          {entry.all.map(({ address, reply, attemptedAt }) => (
            <li key={address}>
              <p className={classes["what"]}>{address}</p>
              <p className={classes["mild"]}>
                {attemptedAt === null
                  ? t("admin.queue.notTried")
                  : t("admin.queue.tried", { when: formatLong(attemptedAt, language) })}
              </p>
              {reply !== null && reply !== entry.lastReply && <q className={classes["reply"]}>{reply}</q>}
            </li>
          ))}
        </ul>
      </section>
      <Link to="/admin/trace" search={{ trace: entry.traceId }}>
        {t("admin.wholeStory")}
      </Link>
    </>
  );
}

function EntryActions({ entry }: { readonly entry: QueueEntryDetail }): React.ReactNode {
  const { t } = useTranslation();
  const { act, busy } = useQueueActions();
  const choice = { ids: [entry.id] };
  const button = (action: QueueAction, label: string, color?: string): React.ReactNode => (
    <Button
      {...(color === undefined ? { variant: "default" } : { color })}
      disabled={busy}
      onClick={() => void act(action)}
    >
      {label}
    </Button>
  );
  if (entry.state === "sending") return <p className={classes["mild"]}>{t("admin.queue.noTouch")}</p>;
  return (
    <div className={classes["buttons"]}>
      {entry.state === "retrying" && button({ action: "retry", choice }, t("admin.queue.retry"))}
      {entry.state === "held"
        ? button({ action: "release", choice }, t("admin.queue.release"))
        : button({ action: "hold", choice, reason: "" }, t("admin.queue.hold"))}
      {button({ action: "drop", choice, bounce: true }, t("admin.queue.drop"), "brick")}
      {button({ action: "drop", choice, bounce: false }, t("admin.queue.dropSilent"))}
    </div>
  );
}
