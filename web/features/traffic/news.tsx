import { IconRosetteDiscountCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ServiceStatus } from "../../../src/contract/notices.ts";
import { Verification } from "../../../src/contract/verification.ts";
import { formatRelative } from "../admin/relative-time.ts";
import { adminQuery } from "../admin/admin-data.ts";
import { useMay } from "../admin/roles.ts";
import { alertsQuery } from "../admin/sending-data.ts";
import { alertAbout } from "../security/alert-words.ts";
import classes from "./traffic.module.css";

const statusQuery = adminQuery("/service-status", ServiceStatus);
const verificationQuery = adminQuery("/v1/verification", Verification);
/** More than these are read on their own page. */
const ALERTS_SHOWN = 3;

/** What one has to know before anything else: troubles of the service, alerts that nobody has seen, a cap on sending. */
export function News(): React.ReactNode {
  const may = useMay();
  return (
    <div className={classes["news"]}>
      <Incidents />
      {may("security:read") && <Unseen />}
      {may("settings:read") && <Unverified />}
    </div>
  );
}

function Incidents(): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { data } = useQuery({ ...statusQuery, retry: false, refetchInterval: 60_000 });
  return data?.current.map(({ id, kind, title }) => (
    <div
      key={id}
      role="status"
      className={classes["note"]}
      data-tone={kind === "notice" || kind === "maintenance" ? "calm" : "bad"}
    >
      <p>
        <strong>{t(`service.kinds.${kind}`)}:</strong> {title[i18n.language] ?? title["en"]}
      </p>
      <Link to="/service">{t("admin.news.toService")}</Link>
    </div>
  ));
}

function Unseen(): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { data } = useQuery({ ...alertsQuery, retry: false });
  const unseen = data?.list.filter(({ seen }) => !seen) ?? [];
  if (unseen.length === 0) return null;
  return (
    <div className={classes["note"]} data-tone="bad">
      <div>
        <p>
          <strong>{t("admin.news.alerts", { count: unseen.length })}</strong>
        </p>
        <ul className={classes["lines"]}>
          {unseen.slice(0, ALERTS_SHOWN).map((alert) => {
            const about = alertAbout(alert, i18n.language);
            return (
              <li key={alert.id}>
                {t(`admin.sending.kinds.${alert.kind}`)}
                {about !== "" && `: ${about}`} · {formatRelative(alert.at, i18n.language, Date.now())}
              </li>
            );
          })}
        </ul>
      </div>
      <Link to="/admin/security">{t("admin.news.toAlerts")}</Link>
    </div>
  );
}

function Unverified(): React.ReactNode {
  const { t } = useTranslation();
  const { data } = useQuery({ ...verificationQuery, retry: false });
  if (data === undefined || data.state === "verified" || data.dailyRecipients === null) return null;
  return (
    <div className={classes["note"]}>
      <p>{t("admin.news.unverified", { count: data.dailyRecipients })}</p>
      <Link to="/admin/verification">{t("admin.news.toVerification")}</Link>
    </div>
  );
}

/** Beside the heading: the agency is who it says. */
export function VerifiedSign(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const { data } = useQuery({ ...verificationQuery, enabled: may("settings:read"), retry: false });
  if (data?.state !== "verified") return null;
  return (
    <p className={classes["verified"]}>
      <IconRosetteDiscountCheck size={20} aria-hidden="true" />
      {t("admin.news.verified")}
    </p>
  );
}
