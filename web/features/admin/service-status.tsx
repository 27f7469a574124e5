import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { SystemStatus } from "../../../src/contract/system-status.ts";
import { formatLong } from "../../ui/format.ts";
import { adminQuery } from "./admin-data.ts";
import { Badge, type Tone } from "./page-parts.tsx";
import classes from "./report.module.css";

const statusQuery = adminQuery("/v1/status", SystemStatus);

const TONES: Readonly<Record<"on" | "off" | "down", Tone>> = { on: "good", off: "wait", down: "bad" };
const NAMES = { "spam filter": "spamFilter", "virus scanner": "virusScanner" } as const;

/** What looks through incoming mail, and whether it works. Where the server can't tell, nothing stands here. */
export function ServiceStatus(): React.ReactNode {
  const { t, i18n } = useTranslation();
  const status = useQuery({ ...statusQuery, retry: false });
  if (status.data === undefined) return null;
  return (
    <section className={classes["card"]} aria-labelledby="glance-services">
      <h2 id="glance-services">{t("admin.overview.services")}</h2>
      <ul className={classes["lines"]}>
        {status.data.scanners.map(({ name, state, lastError }) => (
          <li key={name}>
            <div>
              <p>{t(`admin.overview.${NAMES[name]}`)}</p>
              {state === "off" && <p className={classes["mild"]}>{t("admin.overview.offHint")}</p>}
              {state === "down" && lastError !== null && (
                <p className={classes["mild"]}>
                  {t("admin.overview.downSince", { when: formatLong(lastError.at, i18n.language) })}
                </p>
              )}
            </div>
            <Badge tone={TONES[state]}>{t(`admin.overview.${state}`)}</Badge>
          </li>
        ))}
      </ul>
    </section>
  );
}
