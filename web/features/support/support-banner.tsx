import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { sessionQuery } from "../../app/session.ts";
import { formatLong } from "../../ui/format.ts";
import { useMay } from "../admin/roles.ts";
import { supportQuery } from "../security/security-data.ts";
import classes from "./support.module.css";

/** Stands over each page of the administration while the operator's staff has access, or is waiting for it. */
export function SupportBanner(): React.ReactNode {
  const { t, i18n } = useTranslation();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const path = useLocation({ select: (where) => where.pathname });
  const may = useMay();
  const { data } = useInfiniteQuery({
    ...supportQuery,
    enabled: may("support:write"),
    retry: false,
    refetchInterval: 60_000,
  });
  const support = session?.support ?? null;
  if (support !== null)
    return (
      <p className={classes["banner"]} role="status">
        {t("admin.support.youAre", {
          operator: support.operator,
          until: formatLong(support.expiresAt, i18n.language),
        })}
      </p>
    );
  const items = data?.pages.flatMap((page) => page.items) ?? [];
  const open = items.find(({ state }) => state === "granted");
  const asked = items.find(({ state }) => state === "asked");
  const shown = open ?? asked;
  if (shown === undefined || path === "/admin/support") return null;
  return (
    <div className={classes["banner"]} data-state={shown.state} role="status">
      <p>
        {open?.expiresAt === null || open === undefined
          ? t("admin.support.isAsked", { operator: shown.operator })
          : t("admin.support.isOpen", {
              operator: open.operator,
              until: formatLong(open.expiresAt, i18n.language),
            })}
      </p>
      <Link to="/admin/support">{t("admin.support.look")}</Link>
    </div>
  );
}
