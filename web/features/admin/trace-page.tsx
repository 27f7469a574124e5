import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconMailSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { DIRECTIONS, Direction, type TraceLine } from "../../../src/contract/history.ts";
import { formatLong, formatWhen } from "../../ui/format.ts";
import { tracesQuery } from "./admin-data.ts";
import { codeOf, stateWord, toneOf } from "./event-words.ts";
import { OlderButton } from "./older-button.tsx";
import { Badge, Empty, Failure, Loading, PageHead } from "./page-parts.tsx";
import { TraceDrawer } from "./trace-drawer.tsx";
import classes from "./list.module.css";

/** The start of a day here, `2026-11-21`, as the server wants it. */
function dayStart(day: string, plusDays = 0): string | undefined {
  const at = new Date(`${day}T00:00:00`);
  if (Number.isNaN(at.getTime())) return undefined;
  at.setDate(at.getDate() + plusDays);
  return at.toISOString();
}

/** What happened to a message: found by who wrote it, to whom, its id, or when. */
export function TracePage(): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/admin/trace" });
  const { trace, since, until, ...wanted } = useSearch({ from: "/admin/trace" });
  const page = useQuery(
    tracesQuery({
      ...wanted,
      since: since === undefined ? undefined : dayStart(since),
      until: until === undefined ? undefined : dayStart(until, 1),
      limit: 50,
    }),
  );
  return (
    <>
      <PageHead title={t("admin.trace.title")} lead={t("admin.trace.lead")} />
      <form
        className={classes["filters"]}
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const text = (name: string): string | undefined => {
            const value = form.get(name);
            return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
          };
          const direction = Direction.safeParse(form.get("direction"));
          void navigate({
            search: {
              sender: text("sender"),
              recipient: text("recipient"),
              messageId: text("messageId"),
              since: text("since"),
              until: text("until"),
              direction: direction.success ? direction.data : undefined,
            },
          });
        }}
      >
        <TextInput
          name="sender"
          label={t("admin.sender")}
          placeholder={t("admin.trace.addressHint")}
          defaultValue={wanted.sender ?? ""}
          spellCheck={false}
        />
        <TextInput
          name="recipient"
          label={t("admin.recipient")}
          placeholder={t("admin.trace.addressHint")}
          defaultValue={wanted.recipient ?? ""}
          spellCheck={false}
        />
        <TextInput
          name="messageId"
          label="Message-ID"
          defaultValue={wanted.messageId ?? ""}
          spellCheck={false}
        />
        <TextInput name="since" type="date" label={t("admin.trace.since")} defaultValue={since ?? ""} />
        <TextInput name="until" type="date" label={t("admin.trace.until")} defaultValue={until ?? ""} />
        <NativeSelect
          name="direction"
          label={t("admin.trace.direction")}
          defaultValue={wanted.direction ?? ""}
          data={[
            { value: "", label: t("admin.trace.anyDirection") },
            ...DIRECTIONS.map((value) => ({ value, label: t(`admin.trace.directions.${value}`) })),
          ]}
        />
        <Button type="submit">{t("admin.trace.search")}</Button>
      </form>
      {page.isError ? (
        <Failure error={page.error} onRetry={() => void page.refetch()} />
      ) : page.data === undefined ? (
        <Loading />
      ) : page.data.lines.length === 0 ? (
        <Empty Icon={IconMailSearch} title={t("admin.trace.empty")} hint={t("admin.trace.emptyHint")} />
      ) : (
        <>
          <ul className={classes["list"]} aria-label={t("admin.trace.results")}>
            {page.data.lines.map((line) => (
              <TraceRow
                key={`${line.traceId} ${line.recipient}`}
                line={line}
                onOpen={() => void navigate({ search: (old) => ({ ...old, trace: line.traceId }) })}
              />
            ))}
          </ul>
          <OlderButton
            cursor={page.data.next}
            onOlder={(next) => void navigate({ search: (old) => ({ ...old, cursor: next }) })}
          />
        </>
      )}
      <TraceDrawer
        id={trace}
        onClose={() => void navigate({ search: ({ trace: _closed, ...rest }) => rest })}
      />
    </>
  );
}

function TraceRow({
  line,
  onOpen,
}: {
  readonly line: TraceLine;
  readonly onOpen: () => void;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { reply, reasons, by } = line.detail;
  const why =
    reply ?? reasons?.map((one) => `${t(`admin.reasons.${codeOf(one.code)}`)}: ${one.detail}`).join("; ");
  return (
    <li className={classes["row"]}>
      <button type="button" className={classes["open"]} onClick={onOpen}>
        <span className={classes["who"]}>
          {line.sender === "" ? t("admin.system") : line.sender} <span className={classes["arrow"]}>→</span>{" "}
          {line.recipient}
        </span>
        <span className={classes["why"]}>
          {t(`admin.trace.directions.${line.direction}`)}
          {why !== undefined && why !== "" && ` · ${why}`}
          {by !== undefined && ` · ${t("admin.trace.by", { by })}`}
        </span>
        <span className={classes["side"]}>
          <Badge tone={toneOf(line)}>{t(stateWord(line.state, line.detail))}</Badge>
          <time className={classes["when"]} dateTime={line.at} title={formatLong(line.at, i18n.language)}>
            {formatWhen(line.at, i18n.language, new Date())}
          </time>
        </span>
      </button>
    </li>
  );
}
