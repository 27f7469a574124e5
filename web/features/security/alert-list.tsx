import { Button } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { formatLong, formatWhen } from "../../ui/format.ts";
import { Badge, Empty, Failure, Loading } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { alertsQuery, markSeen } from "../admin/sending-data.ts";
import { useDoing } from "../admin/use-doing.ts";
import classes from "./security.module.css";

/** What administrators have to know, the latest first. */
export function AlertList(): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const found = useQuery(alertsQuery);
  const { isBusy, run } = useDoing();
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
      {found.data.list.map(({ id, kind, subject, at, seen }) => (
        <li key={id} className={classes["row"]}>
          <div className={classes["words"]}>
            <p className={classes["who"]}>{t(`admin.sending.kinds.${kind}`)}</p>
            <p className={classes["mild"]}>{subject === "" ? t("admin.sending.agency") : subject}</p>
          </div>
          <div className={classes["side"]}>
            {!seen &&
              (may("security:write") ? (
                <Button
                  size="compact-md"
                  variant="default"
                  disabled={isBusy}
                  aria-label={`${t("admin.sending.markSeen")}: ${t(`admin.sending.kinds.${kind}`)}`}
                  onClick={() => void run(async () => markSeen(id))}
                >
                  {t("admin.sending.markSeen")}
                </Button>
              ) : (
                <Badge tone="bad">{t("admin.sending.new")}</Badge>
              ))}
            <time className={classes["when"]} dateTime={at} title={formatLong(at, i18n.language)}>
              {formatWhen(at, i18n.language, new Date())}
            </time>
          </div>
        </li>
      ))}
    </ul>
  );
}
