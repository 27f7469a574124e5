import { IconChartBar } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { DmarcOverview, DmarcSource } from "../../../src/contract/reports.ts";
import { dmarcQuery } from "./admin-data.ts";
import { DayBars } from "./day-bars.tsx";
import { Badge, Empty, Failure, Loading } from "./page-parts.tsx";
import { Figures } from "./figures.tsx";
import classes from "./report.module.css";

export interface ReportProps {
  readonly domain: string;
  readonly days: number;
}

/** Who sends mail in the name of a domain, as others saw it. */
export function DmarcReport({ domain, days }: ReportProps): React.ReactNode {
  const { t } = useTranslation();
  const report = useQuery(dmarcQuery({ domain, days }));
  if (report.isError) return <Failure error={report.error} onRetry={() => void report.refetch()} />;
  if (report.data === undefined) return <Loading />;
  if (report.data.reports === 0)
    return <Empty Icon={IconChartBar} title={t("admin.reports.none")} hint={t("admin.reports.noneHint")} />;
  return <Dmarc report={report.data} />;
}

function Dmarc({ report }: { readonly report: DmarcOverview }): React.ReactNode {
  const { t } = useTranslation();
  const { totals, policy, days, sources } = report;
  return (
    <>
      <Figures
        figures={[
          { label: t("admin.reports.messages"), value: totals.messages },
          { label: t("admin.reports.passed"), value: totals.passed, tone: "good" },
          {
            label: t("admin.reports.failed"),
            value: totals.failed,
            tone: totals.failed > 0 ? "bad" : "calm",
          },
          { label: t("admin.reports.reports"), value: report.reports },
        ]}
      />
      {policy !== null && (
        <p className={classes["policy"]}>
          {t("admin.reports.policy")} <strong>{policyWord(policy.p)}</strong>
          {": "}
          {policy.p === "reject"
            ? t("admin.reports.policyReject")
            : policy.p === "quarantine"
              ? t("admin.reports.policyQuarantine")
              : t("admin.reports.policyNone")}
        </p>
      )}
      <DayBars
        days={days.map(({ day, passed, failed }) => ({ day, good: passed, bad: failed }))}
        good={t("admin.reports.passed")}
        bad={t("admin.reports.failed")}
      />
      <h2 className={classes["title"]}>{t("admin.reports.sources")}</h2>
      <ul className={classes["sources"]}>
        {sources.map((one) => (
          <Source key={one.ip} source={one} />
        ))}
      </ul>
    </>
  );
}

const policyWord = (p: string): string => `p=${p}`;

function Source({ source }: { readonly source: DmarcSource }): React.ReactNode {
  const { t } = useTranslation();
  const { ip, messages, passed, failed, signedBy, mailFrom } = source;
  const isGood = failed === 0;
  const names = [...new Set([...signedBy, ...mailFrom])].slice(0, 4).join(", ");
  return (
    <li>
      <div>
        <p className={classes["ip"]}>{ip}</p>
        <p className={classes["mild"]}>
          {names === "" ? t("admin.reports.unsigned") : t("admin.reports.signedBy", { names })}
        </p>
      </div>
      <p className={classes["mild"]}>
        {t("admin.reports.sourceCount", { count: messages })} ·{" "}
        {t("admin.reports.sourcePassed", { count: passed })}
      </p>
      <Badge tone={isGood ? "good" : passed === 0 ? "bad" : "wait"}>
        {t(
          isGood
            ? "admin.reports.allPassed"
            : passed === 0
              ? "admin.reports.nonePassed"
              : "admin.reports.somePassed",
        )}
      </Badge>
    </li>
  );
}
