import { Button } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Alert } from "../../../src/contract/sending-limits.ts";
import { formatLong } from "../../ui/format.ts";
import { Badge, Empty, Failure, Loading } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { alertsQuery, markSeen } from "../admin/sending-data.ts";
import { useDoing } from "../admin/use-doing.ts";
import { alertAbout } from "./alert-words.ts";
import classes from "./security.module.css";

/** What administrators have to know, the latest first. */
export function AlertList(): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery(alertsQuery);
  if (found.isError) return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data === undefined) return <Loading />;
  if (found.data.list.length === 0)
    return (
      <Empty
        Icon={IconShieldCheck}
        title={t("admin.security.noAlerts")}
        hint={t("admin.security.noAlertsHint")}
      />
    );
  return (
    <ul className={classes["list"]} aria-label={t("admin.security.views.alerts")}>
      {found.data.list.map((alert) => (
        <AlertRow key={alert.id} alert={alert} />
      ))}
    </ul>
  );
}

function AlertRow({ alert }: { readonly alert: Alert }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const { isBusy, run } = useDoing();
  const { id, kind, at, seen } = alert;
  const about = alertAbout(alert, i18n.language);
  return (
    <li className={classes["row"]}>
      <div className={classes["words"]}>
        <p className={classes["who"]}>{t(`admin.sending.kinds.${kind}`)}</p>
        {about !== "" && <p className={classes["mild"]}>{about}</p>}
        <time className={classes["mild"]} dateTime={at}>
          {formatLong(at, i18n.language)}
        </time>
      </div>
      {!seen &&
        (may("security:write") ? (
          <Button
            variant="default"
            loading={isBusy}
            aria-label={`${t("admin.sending.markSeen")}: ${t(`admin.sending.kinds.${kind}`)}`}
            onClick={() => void run(async () => markSeen(id))}
          >
            {t("admin.sending.markSeen")}
          </Button>
        ) : (
          <Badge tone="bad">{t("admin.sending.new")}</Badge>
        ))}
    </li>
  );
}
