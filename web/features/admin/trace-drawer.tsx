import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Trace, TraceEvent } from "../../../src/contract/history.ts";
import { formatLong, formatSize } from "../../ui/format.ts";
import { traceQuery } from "./admin-data.ts";
import { DetailDrawer } from "./detail-drawer.tsx";
import { codeOf, EVENT_TONES, stateWord } from "./event-words.ts";
import classes from "./detail.module.css";

/** The whole story of one message. */
export function TraceDrawer({
  id,
  onClose,
}: {
  readonly id: string | undefined;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery({ ...traceQuery(id ?? ""), enabled: id !== undefined });
  return (
    <DetailDrawer
      opened={id !== undefined}
      title={t("admin.trace.story")}
      onClose={onClose}
      found={found}
      unknown={t("admin.trace.unknown")}
    >
      {(trace) => <Story trace={trace} />}
    </DetailDrawer>
  );
}

function Story({ trace }: { readonly trace: Trace }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { sender, messageId, size, clientIp, direction, events } = trace;
  return (
    <>
      <dl className={classes["facts"]}>
        <dt>{t("admin.sender")}</dt>
        <dd>{sender === "" ? t("admin.system") : sender}</dd>
        <dt>{t("admin.trace.direction")}</dt>
        <dd>{t(`admin.trace.directions.${direction}`)}</dd>
        {messageId !== null && (
          <>
            <dt>Message-ID</dt>
            <dd className={classes["mono"]}>{messageId}</dd>
          </>
        )}
        {size !== null && (
          <>
            <dt>{t("admin.size")}</dt>
            <dd>{formatSize(size, i18n.language)}</dd>
          </>
        )}
        {clientIp !== null && (
          <>
            <dt>{t("admin.trace.from")}</dt>
            <dd className={classes["mono"]}>{clientIp}</dd>
          </>
        )}
      </dl>
      <ol className={classes["timeline"]} aria-label={t("admin.trace.story")}>
        {events.map((event) => (
          <Event key={event.id} event={event} />
        ))}
      </ol>
    </>
  );
}

function Event({ event }: { readonly event: TraceEvent }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { kind, at, recipient, detail } = event;
  const { reply, remoteMta, tls, attempt, dueAt, by, reason, reasons, to, told } = detail;
  const facts = [
    to === undefined ? null : t("admin.trace.to", { to }),
    attempt === undefined ? null : t("admin.trace.attempt", { attempt }),
    remoteMta === undefined ? null : t("admin.trace.host", { host: remoteMta }),
    tls === undefined ? null : t("admin.trace.tls", { tls }),
    by === undefined ? null : t("admin.trace.by", { by }),
    reason === undefined || reason === "" ? null : reason,
    dueAt === undefined ? null : t("admin.trace.due", { when: formatLong(dueAt, i18n.language) }),
    told === true ? t("admin.trace.told") : null,
  ].filter((one) => one !== null);
  return (
    <li className={classes["event"]} data-tone={EVENT_TONES[kind]}>
      <p className={classes["what"]}>
        {t(stateWord(kind, detail))}
        {recipient !== "" && ` · ${recipient}`}
      </p>
      <time dateTime={at}>{formatLong(at, i18n.language)}</time>
      {facts.length > 0 && <p className={classes["mild"]}>{facts.join(" · ")}</p>}
      {(reasons ?? []).map((one) => (
        <p key={`${one.code} ${one.detail}`} className={classes["mild"]}>
          {t(`admin.reasons.${codeOf(one.code)}`)}: {one.detail}
        </p>
      ))}
      {reply !== undefined && <q className={classes["reply"]}>{reply}</q>}
    </li>
  );
}
