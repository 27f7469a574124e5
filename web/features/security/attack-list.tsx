import { IconShieldCheck } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { formatLong, formatWhen } from "../../ui/format.ts";
import { MoreButton } from "../admin/more-button.tsx";
import { Empty, Failure, Loading } from "../admin/page-parts.tsx";
import { countryName } from "./device-name.ts";
import { attacksQuery } from "./security-data.ts";
import classes from "./security.module.css";

/** Where somebody tried passwords. */
export function AttackList(): React.ReactNode {
  const { t, i18n } = useTranslation();
  const found = useInfiniteQuery(attacksQuery);
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  if (found.isError) return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Loading />;
  if (items.length === 0)
    return (
      <Empty
        Icon={IconShieldCheck}
        title={t("admin.security.noAttacks")}
        hint={t("admin.security.noAttacksHint")}
      />
    );
  return (
    <>
      <p className={classes["lead"]}>{t("admin.security.attacksLead")}</p>
      <ul className={classes["list"]} aria-label={t("admin.security.views.attacks")}>
        {items.map(({ subject, day, at, failures, network, country }) => (
          <li key={`${day} ${subject}`} className={classes["row"]}>
            <div className={classes["words"]}>
              <p className={classes["who"]}>{subject}</p>
              <p className={classes["mild"]}>
                {[
                  t("admin.security.tries", { count: failures }),
                  network === "unknown" || network === subject ? null : network,
                  countryName(country, i18n.language),
                ]
                  .filter((one) => one !== null)
                  .join(" · ")}
              </p>
            </div>
            <time className={classes["when"]} dateTime={at} title={formatLong(at, i18n.language)}>
              {formatWhen(at, i18n.language, new Date())}
            </time>
          </li>
        ))}
      </ul>
      <MoreButton list={found} />
    </>
  );
}
