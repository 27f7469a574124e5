import {
  IconActivity,
  IconArrowLeft,
  IconChartBar,
  IconMailSearch,
  IconMailX,
  IconSend,
  IconShieldCheck,
  IconStack2,
} from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { onSignedOut } from "../../app/http.ts";
import { queryClient } from "../../app/query-client.ts";
import { sessionQuery } from "../../app/session.ts";
import { Wordmark } from "../../ui/wordmark.tsx";
import classes from "./admin-layout.module.css";

const PAGES = [
  { page: "overview", to: "/admin/overview", Icon: IconActivity },
  { page: "queue", to: "/admin/queue", Icon: IconStack2 },
  { page: "trace", to: "/admin/trace", Icon: IconMailSearch },
  { page: "quarantine", to: "/admin/quarantine", Icon: IconMailX },
  { page: "reports", to: "/admin/reports", Icon: IconChartBar },
  { page: "protection", to: "/admin/protection", Icon: IconShieldCheck },
  { page: "sending", to: "/admin/sending", Icon: IconSend },
] as const;

/** The frame of the administration: where one is, where else one may go, and the way back to the mail. */
export function AdminLayout(): React.ReactNode {
  const { t } = useTranslation();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const navigate = useNavigate();
  const path = useLocation({ select: (where) => where.pathname });
  const links = useRef<HTMLUListElement>(null);
  // On a phone the pages stand in one line, of which a part is seen.
  useEffect(() => {
    links.current
      ?.querySelector("[aria-current=page]")
      ?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [path]);
  useEffect(
    () =>
      onSignedOut(() => {
        queryClient.setQueryData(sessionQuery.queryKey, null);
        void navigate({ to: "/sign-in", search: { ended: true, next: location.pathname + location.search } });
      }),
    [navigate],
  );
  return (
    <div className={classes["shell"]}>
      <a className={classes["skip"]} href="#content">
        {t("admin.skip")}
      </a>
      <nav aria-label={t("admin.title")} className={classes["rail"]}>
        <div className={classes["brand"]}>
          <Link to="/mail/$folder" params={{ folder: "inbox" }} aria-label={t("brand.toInbox")}>
            <Wordmark height={28} />
          </Link>
          <p className={classes["tenant"]}>{session?.tenantName}</p>
        </div>
        <div className={classes["nav"]}>
          <ul ref={links}>
            {PAGES.map(({ page, to, Icon }) => (
              <li key={page}>
                <Link to={to} className={classes["link"]} activeOptions={{ includeSearch: false }}>
                  <Icon size={19} aria-hidden="true" />
                  {t(`admin.${page}.title`)}
                </Link>
              </li>
            ))}
          </ul>
        </div>
        <Link to="/mail/$folder" params={{ folder: "inbox" }} className={classes["back"]}>
          <IconArrowLeft size={18} aria-hidden="true" />
          <span>{t("admin.back")}</span>
        </Link>
      </nav>
      <main id="content" tabIndex={-1} className={classes["main"]}>
        <Outlet />
      </main>
    </div>
  );
}
