import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Overview } from "../../../src/contract/overview.ts";
import { QUEUE_STATES } from "../../../src/contract/queue.ts";
import { StartCard } from "../start/start-card.tsx";
import { News, VerifiedSign } from "../traffic/news.tsx";
import { TrafficCharts } from "../traffic/traffic-charts.tsx";
import { heldListQuery, overviewQuery } from "./admin-data.ts";
import { Figures } from "./figures.tsx";
import { Badge, Failure, Loading, PageHead } from "./page-parts.tsx";
import { ServiceStatus } from "./service-status.tsx";
import { STATE_TONES } from "./why-waiting.ts";
import classes from "./report.module.css";

/** The agency's mail at a glance. */
export function OverviewPage(): React.ReactNode {
  const { t } = useTranslation();
  const overview = useQuery({ ...overviewQuery, refetchInterval: 30_000 });
  return (
    <>
      <PageHead title={t("admin.overview.title")} lead={t("admin.overview.lead")}>
        <VerifiedSign />
      </PageHead>
      <StartCard />
      <News />
      {overview.isError ? (
        <Failure error={overview.error} onRetry={() => void overview.refetch()} />
      ) : overview.data === undefined ? (
        <Loading />
      ) : (
        <Glance overview={overview.data} />
      )}
    </>
  );
}

/** Events of these kinds; with the direction, only those that begin a trace. */
const count = ({ day }: Overview, kinds: readonly string[], directions?: readonly string[]): number =>
  day
    .filter((one) => kinds.includes(one.kind))
    .filter(
      (one) => directions === undefined || (one.direction !== null && directions.includes(one.direction)),
    )
    .reduce((sum, one) => sum + one.count, 0);

function Glance({ overview }: { readonly overview: Overview }): React.ReactNode {
  const { t } = useTranslation();
  const held = useQuery(heldListQuery({ state: "waiting", limit: 100 }));
  const waiting = held.data?.items.length ?? 0;
  const refused = count(overview, ["refused"]);
  const bounced = count(overview, ["bounced"]);
  const states = QUEUE_STATES.filter((state) => (overview.queue[state] ?? 0) > 0);
  return (
    <>
      <h2 className={classes["title"]}>{t("admin.overview.day")}</h2>
      <Figures
        figures={[
          { label: t("admin.overview.received"), value: count(overview, ["filed"], ["in", "internal"]) },
          { label: t("admin.overview.sent"), value: count(overview, ["queued"], ["out"]) },
          { label: t("admin.overview.refused"), value: refused },
          { label: t("admin.overview.bounced"), value: bounced, tone: bounced > 0 ? "bad" : "calm" },
        ]}
      />
      <TrafficCharts />
      <div className={classes["cards"]}>
        <section className={classes["card"]} aria-labelledby="glance-queue">
          <h2 id="glance-queue">{t("admin.queue.title")}</h2>
          {states.length === 0 ? (
            <p className={classes["mild"]}>{t("admin.queue.empty")}</p>
          ) : (
            <ul className={classes["lines"]}>
              {states.map((state) => (
                <li key={state}>
                  <Badge tone={STATE_TONES[state]}>{t(`admin.queue.states.${state}`)}</Badge>
                  <Link to="/admin/queue" search={{ state }}>
                    {t("admin.queue.total", { count: overview.queue[state] ?? 0 })}
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </section>
        <section className={classes["card"]} aria-labelledby="glance-held">
          <h2 id="glance-held">{t("admin.quarantine.title")}</h2>
          {waiting === 0 ? (
            <p className={classes["mild"]}>{t("admin.quarantine.empty")}</p>
          ) : (
            <ul className={classes["lines"]}>
              <li>
                <Badge tone="wait">{t("admin.quarantine.states.waiting")}</Badge>
                <Link to="/admin/quarantine">
                  {waiting >= 100
                    ? t("admin.overview.atLeast", { count: waiting })
                    : t("admin.quarantine.shown", { count: waiting })}
                </Link>
              </li>
            </ul>
          )}
        </section>
        <section className={classes["card"]} aria-labelledby="glance-domains">
          <h2 id="glance-domains">{t("admin.overview.domains")}</h2>
          <ul className={classes["lines"]}>
            {overview.domains.map(({ name, proven }) => (
              <li key={name}>
                <Link to="/admin/reports" search={{ domain: name }}>
                  {name}
                </Link>
                <Badge tone={proven ? "good" : "wait"}>
                  {t(proven ? "admin.overview.proven" : "admin.overview.notProven")}
                </Badge>
              </li>
            ))}
          </ul>
        </section>
        <ServiceStatus />
      </div>
    </>
  );
}
