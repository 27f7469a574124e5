import { IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { tlsQuery } from "./admin-data.ts";
import { DayBars } from "./day-bars.tsx";
import type { ReportProps } from "./dmarc-report.tsx";
import { Figures } from "./figures.tsx";
import { Badge, Empty, Failure, Loading } from "./page-parts.tsx";
import classes from "./report.module.css";

/** How well others could secure their connections to the mail servers of a domain. */
export function TlsReport({ domain, days }: ReportProps): React.ReactNode {
  const { t } = useTranslation();
  const report = useQuery(tlsQuery({ domain, days }));
  if (report.isError) return <Failure error={report.error} onRetry={() => void report.refetch()} />;
  if (report.data === undefined) return <Loading />;
  const { totals, failures, reports } = report.data;
  if (reports === 0)
    return <Empty Icon={IconLock} title={t("admin.reports.none")} hint={t("admin.reports.tlsNoneHint")} />;
  return (
    <>
      <Figures
        figures={[
          { label: t("admin.reports.sessions"), value: totals.sessions },
          { label: t("admin.reports.secured"), value: totals.succeeded, tone: "good" },
          {
            label: t("admin.reports.unsecured"),
            value: totals.failed,
            tone: totals.failed > 0 ? "bad" : "calm",
          },
          { label: t("admin.reports.reports"), value: reports },
        ]}
      />
      <DayBars
        days={report.data.days.map(({ day, succeeded, failed }) => ({ day, good: succeeded, bad: failed }))}
        good={t("admin.reports.secured")}
        bad={t("admin.reports.unsecured")}
      />
      {failures.length > 0 && (
        <>
          <h2 className={classes["title"]}>{t("admin.reports.failures")}</h2>
          <ul className={classes["sources"]}>
            {failures.map((one) => (
              <li key={`${one.type} ${one.receivingHost}`}>
                <div>
                  <p className={classes["ip"]}>{one.type}</p>
                  <p className={classes["mild"]}>{one.receivingHost}</p>
                </div>
                <p className={classes["mild"]}>{one.orgs.join(", ")}</p>
                <Badge tone="bad">{t("admin.reports.sessionCount", { count: one.sessions })}</Badge>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
