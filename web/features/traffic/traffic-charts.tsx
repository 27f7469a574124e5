import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Traffic, type TrafficDay } from "../../../src/contract/traffic.ts";
import { formatSpace } from "../../ui/format.ts";
import { adminQuery } from "../admin/admin-data.ts";
import { Failure, Loading } from "../admin/page-parts.tsx";
import { DayChart } from "./day-chart.tsx";
import classes from "./traffic.module.css";

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const PERIODS = [7, 30, 90] as const;
const trafficQuery = (days: number) => adminQuery(`/v1/traffic?days=${days}`, Traffic);

/** How much mail there was on each day. */
export function TrafficCharts(): React.ReactNode {
  const { t } = useTranslation();
  const [days, setDays] = useState<(typeof PERIODS)[number]>(30);
  const found = useQuery({ ...trafficQuery(days), placeholderData: (old) => old });
  return (
    <section aria-labelledby="traffic" className={classes["traffic"]}>
      <div className={classes["head"]}>
        <h2 id="traffic">{t("admin.traffic.title")}</h2>
        <SegmentedControl
          aria-label={t("admin.reports.days")}
          value={String(days)}
          data={PERIODS.map((value) => ({
            value: String(value),
            label: t("admin.traffic.days", { count: value }),
          }))}
          onChange={(value) => setDays(PERIODS.find((one) => String(one) === value) ?? 30)}
        />
      </div>
      {found.data !== undefined ? (
        <Charts days={found.data.days} />
      ) : found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Loading rows={4} />
      )}
    </section>
  );
}

type Count = Exclude<keyof TrafficDay, "day" | "storedBytes">;

function Charts({ days }: { readonly days: readonly TrafficDay[] }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const format = (value: number): string => (Number.isInteger(value) ? number.format(value) : "");
  const of = (...names: readonly Count[]) =>
    days.map((one) => ({ day: one.day, values: names.map((name) => one[name]) }));
  const sum = (name: Count): string => number.format(days.reduce((all, one) => all + one[name], 0));
  const stored = days.findLast((one) => one.storedBytes !== null)?.storedBytes ?? 0;
  return (
    <div className={classes["grid"]}>
      <DayChart
        title={t("admin.traffic.incoming")}
        sum={t("admin.traffic.incomingSum", {
          received: sum("received"),
          spam: sum("spam"),
          refused: sum("refused"),
        })}
        series={[
          { label: t("admin.traffic.received"), look: "main" },
          { label: t("admin.traffic.spam"), look: "wait" },
          { label: t("admin.traffic.refused"), look: "bad" },
        ]}
        days={of("received", "spam", "refused")}
        format={format}
      />
      <DayChart
        title={t("admin.traffic.outgoing")}
        sum={t("admin.traffic.outgoingSum", { sent: sum("sent"), internal: sum("internal") })}
        series={[
          { label: t("admin.traffic.sent"), look: "main" },
          { label: t("admin.traffic.internal"), look: "second" },
        ]}
        days={of("sent", "internal")}
        format={format}
      />
      <DayChart
        title={t("admin.traffic.trouble")}
        sum={t("admin.traffic.troubleSum", { bounced: sum("bounced"), deferred: sum("deferred") })}
        series={[
          { label: t("admin.traffic.deferred"), look: "wait" },
          { label: t("admin.traffic.bounced"), look: "bad" },
        ]}
        days={of("deferred", "bounced")}
        format={format}
      />
      <DayChart
        title={t("admin.traffic.storage")}
        sum={t("admin.traffic.storageSum", { size: formatSpace(stored, i18n.language) })}
        series={[{ label: t("admin.traffic.stored"), look: "main" }]}
        days={days.map(({ day, storedBytes }) => ({ day, values: [storedBytes] }))}
        format={(value) => formatSpace(value, i18n.language)}
        unit={stored < GIB / 10 ? MIB : GIB}
      />
    </div>
  );
}
