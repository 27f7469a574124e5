import { Checkbox } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { HeldItem, HeldState } from "../../../src/contract/quarantine.ts";
import { formatLong, formatWhen } from "../../ui/format.ts";
import { Badge, type Tone } from "./page-parts.tsx";
import classes from "./list.module.css";

export const HELD_TONES: Readonly<Record<HeldState, Tone>> = {
  waiting: "wait",
  released: "good",
  deleted: "calm",
  expired: "calm",
};

export interface HeldRowProps {
  readonly held: HeldItem;
  readonly selected: boolean;
  /** undefined: it is decided already */
  readonly onSelect: (() => void) | undefined;
  readonly onOpen: () => void;
}

export function HeldRow({ held, selected, onSelect, onOpen }: HeldRowProps): React.ReactNode {
  const { t, i18n } = useTranslation();
  const subject = held.subject === "" ? t("message.noSubject") : held.subject;
  const sender = held.sender === "" ? held.mailFrom : held.sender;
  const codes = [...new Set(held.reasons.map((one) => one.code))];
  return (
    <li className={classes["row"]} data-selected={selected}>
      {onSelect !== undefined && (
        <Checkbox
          className={classes["pick"] ?? ""}
          aria-label={t("admin.select", { name: subject })}
          checked={selected}
          onChange={onSelect}
        />
      )}
      <button type="button" className={classes["open"]} onClick={onOpen}>
        <span className={classes["who"]}>{subject}</span>
        <span className={classes["why"]}>
          {sender} <span className={classes["arrow"]}>→</span> {held.recipient}
        </span>
        <span className={classes["side"]}>
          {held.state === "waiting" ? (
            codes.map((code) => (
              <Badge key={code} tone={code === "virus" ? "bad" : "wait"}>
                {t(`admin.reasons.${code}`)}
              </Badge>
            ))
          ) : (
            <Badge tone={HELD_TONES[held.state]}>{t(`admin.quarantine.states.${held.state}`)}</Badge>
          )}
          <time
            className={classes["when"]}
            dateTime={held.receivedAt}
            title={formatLong(held.receivedAt, i18n.language)}
          >
            {formatWhen(held.receivedAt, i18n.language, new Date())}
          </time>
        </span>
      </button>
    </li>
  );
}
