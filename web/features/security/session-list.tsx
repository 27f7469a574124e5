import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { MoreButton } from "../admin/more-button.tsx";
import { Failure, Loading } from "../admin/page-parts.tsx";
import { useMay } from "../admin/roles.ts";
import { SessionRow } from "./rows.tsx";
import { endSession, sessionsQuery } from "./security-data.ts";
import classes from "./security.module.css";

/** Browsers in which somebody of the agency is signed in. */
export function SessionList(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const found = useInfiniteQuery(sessionsQuery);
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  if (found.isError) return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Loading />;
  return (
    <>
      <p className={classes["lead"]}>{t("admin.security.sessionsLead")}</p>
      <ul className={classes["list"]} aria-label={t("admin.security.views.sessions")}>
        {items.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            withName
            onEnd={may("security:write") ? async () => endSession(session.id) : undefined}
          />
        ))}
      </ul>
      <MoreButton list={found} />
    </>
  );
}
