import { NativeSelect, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { overviewQuery } from "./admin-data.ts";
import { DmarcReport } from "./dmarc-report.tsx";
import { Failure, Loading, PageHead } from "./page-parts.tsx";
import { TlsReport } from "./tls-report.tsx";
import classes from "./report.module.css";

const DAYS = [7, 30, 90] as const;

/** What other mail systems report of a domain of the agency. */
export function ReportsPage(): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/admin/reports" });
  const wanted = useSearch({ from: "/admin/reports" });
  const overview = useQuery(overviewQuery);
  const domains = overview.data?.domains ?? [];
  const domain = domains.find((one) => one.name === wanted.domain)?.name ?? domains[0]?.name;
  const kind = wanted.kind ?? "dmarc";
  const days = wanted.days ?? 30;
  return (
    <>
      <PageHead title={t("admin.reports.title")} lead={t("admin.reports.lead")} />
      {overview.isError ? (
        <Failure error={overview.error} onRetry={() => void overview.refetch()} />
      ) : overview.data === undefined ? (
        <Loading />
      ) : domain === undefined ? (
        <p>{t("admin.reports.noDomain")}</p>
      ) : (
        <>
          <div className={classes["choices"]}>
            <NativeSelect
              label={t("admin.reports.domain")}
              value={domain}
              data={domains.map((one) => one.name)}
              onChange={(event) => {
                const chosen = event.currentTarget.value;
                void navigate({ search: (old) => ({ ...old, domain: chosen }) });
              }}
            />
            <NativeSelect
              label={t("admin.reports.days")}
              value={String(days)}
              data={DAYS.map((count) => ({
                value: String(count),
                label: t("admin.reports.lastDays", { count }),
              }))}
              onChange={(event) => {
                const chosen = Number(event.currentTarget.value);
                void navigate({ search: (old) => ({ ...old, days: chosen }) });
              }}
            />
            <SegmentedControl
              aria-label={t("admin.reports.kind")}
              value={kind}
              data={[
                { value: "dmarc", label: t("admin.reports.dmarc") },
                { value: "tls", label: t("admin.reports.tls") },
              ]}
              onChange={(value) =>
                void navigate({ search: (old) => ({ ...old, kind: value === "tls" ? "tls" : "dmarc" }) })
              }
            />
          </div>
          {kind === "dmarc" ? (
            <DmarcReport domain={domain} days={days} />
          ) : (
            <TlsReport domain={domain} days={days} />
          )}
        </>
      )}
    </>
  );
}
