import { Checkbox } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { QueueEntrySummary } from "../../../src/contract/queue.ts";
import { formatLong, formatWhen } from "../../ui/format.ts";
import { Badge } from "./page-parts.tsx";
import { STATE_TONES, whyWaiting } from "./why-waiting.ts";
import classes from "./list.module.css";

export interface QueueRowProps {
  readonly entry: QueueEntrySummary;
  readonly selected: boolean;
  readonly onSelect: () => void;
  readonly onOpen: () => void;
}

export function QueueRow({ entry, selected, onSelect, onOpen }: QueueRowProps): React.ReactNode {
  const { t, i18n } = useTranslation();
  const now = new Date();
  const sender = entry.sender === "" ? t("admin.system") : entry.sender;
  const more = entry.recipients - 1;
  return (
    <li className={classes["row"]} data-selected={selected}>
      <Checkbox
        className={classes["pick"] ?? ""}
        aria-label={t("admin.select", { name: `${sender}, ${entry.recipient}` })}
        checked={selected}
        onChange={onSelect}
      />
      <button type="button" className={classes["open"]} onClick={onOpen}>
        <span className={classes["who"]}>
          {sender} <span className={classes["arrow"]}>→</span> {entry.recipient}
          {more > 0 && ` ${t("admin.andMore", { count: more })}`}
        </span>
        <span className={classes["why"]}>
          {whyWaiting(t, entry, i18n.language, now.getTime())}
          {entry.lastReply !== null && ` ${t("admin.queue.lastAnswer", { reply: entry.lastReply })}`}
        </span>
        <span className={classes["side"]}>
          <Badge tone={STATE_TONES[entry.state]}>{t(`admin.queue.states.${entry.state}`)}</Badge>
          <time
            className={classes["when"]}
            dateTime={entry.arrivedAt}
            title={formatLong(entry.arrivedAt, i18n.language)}
          >
            {formatWhen(entry.arrivedAt, i18n.language, now)}
          </time>
        </span>
      </button>
    </li>
  );
}
