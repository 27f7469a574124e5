import { useId } from "react";
import { useTranslation } from "react-i18next";
import classes from "./day-chart.module.css";

export type Series = "main" | "second" | "bad" | "wait";

export interface DayChartProps {
  readonly title: string;
  /** What the whole period comes to, in words. */
  readonly sum: string;
  readonly series: readonly { readonly label: string; readonly look: Series }[];
  /** `2026-11-22`, with a value for each series; null: not known */
  readonly days: readonly { readonly day: string; readonly values: readonly (number | null)[] }[];
  readonly format: (value: number) => string;
  /** The scale counts in these; 1 when nothing is said. */
  readonly unit?: number;
}

/** A value at or above all others that is easy to read: 1, 2, 5, 10, 20, 50, … */
function roundUp(most: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= most) ?? most;
}

/** Days side by side, with what there was of each kind one on the other. The same stands in a table. */
export function DayChart({ title, sum, series, days, format, unit = 1 }: DayChartProps): React.ReactNode {
  const { t, i18n } = useTranslation();
  const id = useId();
  const totals = days.map(({ values }) => values.reduce<number>((all, one) => all + (one ?? 0), 0));
  const top = unit * roundUp(Math.max(1, ...totals.map((total) => total / unit)));
  const name = new Intl.DateTimeFormat(i18n.language, { day: "numeric", month: "short", timeZone: "UTC" });
  const label = (day: string | undefined): string =>
    day === undefined ? "" : name.format(new Date(`${day}T00:00:00Z`));
  const shown = (value: number | null | undefined): string =>
    value === null || value === undefined ? "–" : format(value);
  return (
    <section className={classes["chart"]} aria-labelledby={id}>
      <div className={classes["head"]}>
        <h3 id={id}>{title}</h3>
        <p className={classes["sum"]}>{sum}</p>
      </div>
      <div className={classes["plot"]} aria-hidden="true">
        <div className={classes["scale"]}>
          <span>{format(top)}</span>
          <span>{top > unit ? format(top / 2) : ""}</span>
          <span>{format(0)}</span>
        </div>
        <div className={classes["bars"]} data-many={days.length > 40}>
          {days.map(({ day, values }) => (
            <div
              key={day}
              className={classes["bar"]}
              title={[label(day), ...series.map((one, at) => `${one.label}: ${shown(values[at])}`)].join(
                "\n",
              )}
            >
              {series.map(({ look }, at) => (
                <span key={look} data-look={look} style={{ height: `${(100 * (values[at] ?? 0)) / top}%` }} />
              ))}
            </div>
          ))}
        </div>
        <div className={classes["days"]}>
          <span>{label(days[0]?.day)}</span>
          <span>{label(days[Math.floor(days.length / 2)]?.day)}</span>
          <span>{label(days.at(-1)?.day)}</span>
        </div>
      </div>
      <div className={classes["legend"]}>
        {series.length > 1 &&
          series.map((one) => (
            <span key={one.look} data-look={one.look}>
              {one.label}
            </span>
          ))}
        <details>
          <summary>{t("admin.reports.asTable")}</summary>
          <div className={classes["scroll"]} tabIndex={0} role="region" aria-label={title}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t("admin.reports.day")}</th>
                  {series.map((one) => (
                    <th key={one.look} scope="col">
                      {one.label}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {days.toReversed().map(({ day, values }) => (
                  <tr key={day}>
                    <th scope="row">{label(day)}</th>
                    {series.map((one, at) => (
                      <td key={one.look}>{shown(values[at])}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      </div>
    </section>
  );
}
