import { Button } from "@mantine/core";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Alert, SendingHold, SendingLimits } from "../../../src/contract/sending-limits.ts";
import { explain } from "../../app/explain.ts";
import { confirm } from "../../ui/confirm.tsx";
import { formatLong } from "../../ui/format.ts";
import { toast } from "../../ui/toast.tsx";
import { NUMBERS, type NumberName } from "./limit-draft.ts";
import { OwnLimits } from "./own-limits.tsx";
import { Badge, Failure, Loading, PageHead } from "./page-parts.tsx";
import {
  alertsQuery,
  dropAccountMail,
  holdsQuery,
  limitsQuery,
  markSeen,
  releaseAccount,
} from "./sending-data.ts";
import classes from "./report.module.css";

/** How much leaves the agency, how much may, and whose mail was stopped. */
export function SendingPage(): React.ReactNode {
  const { t } = useTranslation();
  const [limits, holds, alerts] = [useQuery(limitsQuery), useQuery(holdsQuery), useQuery(alertsQuery)];
  return (
    <>
      <PageHead title={t("admin.sending.title")} lead={t("admin.sending.lead")} />
      <div className={classes["cards"]}>
        <Card id="holds" title={t("admin.sending.holds")} query={holds}>
          {({ list }) =>
            list.length === 0 ? <None text={t("admin.sending.noHolds")} /> : <Holds holds={list} />
          }
        </Card>
        <Card id="alerts" title={t("admin.sending.alerts")} query={alerts}>
          {({ list }) =>
            list.length === 0 ? <None text={t("admin.sending.noAlerts")} /> : <Alerts alerts={list} />
          }
        </Card>
        <Card id="limits" title={t("admin.sending.limits")} query={limits}>
          {(data) => <Limits limits={data} />}
        </Card>
        <Card id="own" title={t("admin.sending.own")} query={limits}>
          {(data) => <OwnLimits limits={data} />}
        </Card>
      </div>
    </>
  );
}

function None({ text }: { readonly text: string }): React.ReactNode {
  return <p className={classes["mild"]}>{text}</p>;
}

function Card<T>({
  id,
  title,
  query,
  children,
}: {
  readonly id: string;
  readonly title: string;
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => React.ReactNode;
}): React.ReactNode {
  return (
    <section className={classes["card"]} aria-labelledby={`sending-${id}`}>
      <h2 id={`sending-${id}`}>{title}</h2>
      {query.isError ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <Loading rows={2} />
      ) : (
        children(query.data)
      )}
    </section>
  );
}

function Holds({ holds }: { readonly holds: readonly SendingHold[] }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const run = async (work: () => Promise<void>, message: string): Promise<void> => {
    try {
      await work();
      toast({ message });
    } catch (error) {
      toast({ message: explain(t, error), kind: "failure" });
    }
  };
  return (
    <ul className={classes["lines"]}>
      {holds.map(({ accountId, address, reason, heldAt, waiting }) => (
        <li key={accountId}>
          <div>
            <p>
              <strong>{address}</strong>
            </p>
            <p className={classes["mild"]}>
              {t(`admin.sending.reasons.${reason}`)} · {formatLong(heldAt, i18n.language)} ·{" "}
              {t("admin.queue.total", { count: waiting })}
            </p>
          </div>
          <div className={classes["buttons"]}>
            <Button
              size="compact-md"
              onClick={() => void run(async () => releaseAccount(accountId), t("admin.sending.released"))}
            >
              {t("admin.queue.release")}
            </Button>
            <Button
              size="compact-md"
              variant="default"
              onClick={() =>
                void confirm(t("admin.sending.dropAsk", { address }), t("admin.queue.drop"), "danger").then(
                  (yes) =>
                    yes ? run(async () => dropAccountMail(accountId), t("admin.sending.dropped")) : undefined,
                )
              }
            >
              {t("admin.queue.drop")}
            </Button>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Alerts({ alerts }: { readonly alerts: readonly Alert[] }): React.ReactNode {
  const { t, i18n } = useTranslation();
  return (
    <ul className={classes["lines"]}>
      {alerts.slice(0, 20).map(({ id, kind, subject, at, seen }) => (
        <li key={id}>
          <div>
            <p>
              {!seen && <Badge tone="bad">{t("admin.sending.new")}</Badge>} {t(`admin.sending.kinds.${kind}`)}
            </p>
            <p className={classes["mild"]}>
              {subject === "" ? t("admin.sending.agency") : subject} · {formatLong(at, i18n.language)}
            </p>
          </div>
          {!seen && (
            <Button
              size="compact-md"
              variant="default"
              onClick={() =>
                void markSeen(id).catch((error: unknown) =>
                  toast({ message: explain(t, error), kind: "failure" }),
                )
              }
            >
              {t("admin.sending.markSeen")}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

function Limits({ limits }: { readonly limits: SendingLimits }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const agency = [...limits.caps, ...limits.own].filter((one) => one.scope === "tenant");
  /** The least of what the operator allows and what the agency wants. */
  const limit = (name: NumberName): number | null => {
    const all = agency.flatMap((one) => one.limits[name] ?? []);
    return all.length === 0 ? null : Math.min(...all);
  };
  return (
    <ul className={classes["lines"]}>
      {NUMBERS.map((name) => {
        const most = limit(name);
        const used = limits.used[name];
        return (
          <li key={name}>
            <span>{t(`admin.sending.numbers.${name}`)}</span>
            <Badge tone={most !== null && used >= most ? "bad" : "calm"}>
              {most === null
                ? number.format(used)
                : t("admin.sending.of", { used: number.format(used), limit: number.format(most) })}
            </Badge>
          </li>
        );
      })}
    </ul>
  );
}
