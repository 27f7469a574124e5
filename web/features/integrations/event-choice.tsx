import { Checkbox, Radio } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { EVENT_GROUPS, GROUPS, groupsIn, othersIn } from "./event-groups.ts";
import classes from "./integrations.module.css";

/** What a webhook is told of: everything, or some matters. */
export function EventChoice({
  events,
  fault,
  onChange,
}: {
  readonly events: readonly string[];
  readonly fault?: string | undefined;
  readonly onChange: (events: readonly string[]) => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const isAll = events.includes("*");
  const chosen = groupsIn(events);
  const others = othersIn(events);
  return (
    <>
      <Radio.Group
        label={t("admin.webhooks.events")}
        value={isAll ? "all" : "some"}
        error={fault}
        onChange={(value) => onChange(value === "all" ? ["*"] : [...EVENT_GROUPS.alerts])}
      >
        <div className={classes["events"]}>
          <Radio value="all" label={t("admin.webhooks.all")} />
          <Radio value="some" label={t("admin.webhooks.some")} />
        </div>
      </Radio.Group>
      {!isAll && (
        <div className={classes["events"]} role="group" aria-label={t("admin.webhooks.some")}>
          {GROUPS.map((group) => (
            <Checkbox
              key={group}
              checked={chosen.includes(group)}
              label={t(`admin.webhooks.groups.${group}`)}
              onChange={(event) => {
                const rest = events.filter((one) => !EVENT_GROUPS[group].some((pattern) => pattern === one));
                onChange(event.currentTarget.checked ? [...rest, ...EVENT_GROUPS[group]] : rest);
              }}
            />
          ))}
        </div>
      )}
      {others.length > 0 && (
        <p className={classes["mild"]}>{t("admin.webhooks.others", { events: others.join(", ") })}</p>
      )}
    </>
  );
}
