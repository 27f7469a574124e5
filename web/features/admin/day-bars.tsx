import { useTranslation } from "react-i18next";
import classes from "./report.module.css";

interface Day {
  readonly day: string;
  readonly good: number;
  readonly bad: number;
}

/** Days side by side: how much was good, and how much was not. The same stands in the table for a screen reader. */
export function DayBars({
  days,
  good,
  bad,
}: {
  readonly days: readonly Day[];
  readonly good: string;
  readonly bad: string;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const most = Math.max(1, ...days.map((one) => one.good + one.bad));
  const name = new Intl.DateTimeFormat(i18n.language, { day: "numeric", month: "short", timeZone: "UTC" });
  const label = (day: string): string => name.format(new Date(`${day}T00:00:00Z`));
  return (
    <figure className={classes["figure"]}>
      <div className={classes["bars"]} aria-hidden="true">
        {days.map((one) => (
          <div key={one.day} className={classes["bar"]} title={`${label(one.day)}: ${one.good} / ${one.bad}`}>
            <span className={classes["bad"]} style={{ height: `${(100 * one.bad) / most}%` }} />
            <span className={classes["good"]} style={{ height: `${(100 * one.good) / most}%` }} />
          </div>
        ))}
      </div>
      <figcaption className={classes["legend"]}>
        <span data-kind="good">{good}</span>
        <span data-kind="bad">{bad}</span>
        <details>
          <summary>{t("admin.reports.asTable")}</summary>
          <table className={classes["table"]}>
            <thead>
              <tr>
                <th scope="col">{t("admin.reports.day")}</th>
                <th scope="col">{good}</th>
                <th scope="col">{bad}</th>
              </tr>
            </thead>
            <tbody>
              {days.map((one) => (
                <tr key={one.day}>
                  <th scope="row">{label(one.day)}</th>
                  <td>{one.good}</td>
                  <td>{one.bad}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      </figcaption>
    </figure>
  );
}
