import { ActionIcon, Drawer } from "@mantine/core";
import { IconArrowLeft, IconLock, IconMenu2 } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { onSignedOut } from "../../app/http.ts";
import { queryClient } from "../../app/query-client.ts";
import { sessionQuery } from "../../app/session.ts";
import { Wordmark } from "../../ui/wordmark.tsx";
import { nextStep, onboardingQuery } from "../start/start-data.ts";
import { SupportBanner } from "../support/support-banner.tsx";
import { AdminMenu } from "./admin-menu.tsx";
import { menuOf, neededAt } from "./menu.ts";
import { Empty } from "./page-parts.tsx";
import { permissionsIn } from "./roles.ts";
import classes from "./admin-layout.module.css";

/** The frame of the administration: where one is, where else one may go, and the way back to the mail. */
export function AdminLayout(): React.ReactNode {
  const { t } = useTranslation();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const navigate = useNavigate();
  const path = useLocation({ select: (where) => where.pathname });
  const [isMenuOpen, setMenuOpen] = useState(false);
  useEffect(
    () =>
      onSignedOut(() => {
        queryClient.setQueryData(sessionQuery.queryKey, null);
        void navigate({ to: "/sign-in", search: { ended: true, next: location.pathname + location.search } });
      }),
    [navigate],
  );
  // On a phone the menu lies over the page, and has done its duty once a page was chosen.
  useEffect(() => setMenuOpen(false), [path]);
  const permissions = permissionsIn(session);
  const needed = neededAt(path);
  const { data: onboarding } = useQuery({ ...onboardingQuery, enabled: permissions.has("overview:read") });
  // The first steps make room once all is done, or when they were put away.
  const isMovingIn =
    onboarding === undefined || (!onboarding.dismissed && nextStep(onboarding) !== undefined);
  const sections = menuOf(permissions).filter(
    ({ section }) => section !== "start" || isMovingIn || path === "/admin/start",
  );
  const back = (
    <Link to="/mail/$folder" params={{ folder: "inbox" }} className={classes["back"]}>
      <IconArrowLeft size={18} aria-hidden="true" />
      <span>{t("admin.back")}</span>
    </Link>
  );
  return (
    <div className={classes["shell"]}>
      <a className={classes["skip"]} href="#content">
        {t("admin.skip")}
      </a>
      <nav aria-label={t("admin.title")} className={classes["rail"]}>
        <ActionIcon
          className={classes["burger"] ?? ""}
          variant="subtle"
          color="gray"
          aria-label={t("admin.menu")}
          aria-expanded={isMenuOpen}
          onClick={() => setMenuOpen(true)}
        >
          <IconMenu2 size={22} aria-hidden="true" />
        </ActionIcon>
        <div className={classes["brand"]}>
          <Link to="/mail/$folder" params={{ folder: "inbox" }} aria-label={t("brand.toInbox")}>
            <Wordmark height={28} />
          </Link>
          <p className={classes["tenant"]}>{session?.tenantName}</p>
        </div>
        <div className={classes["nav"]}>
          <AdminMenu sections={sections} />
        </div>
        <div className={classes["foot"]}>{back}</div>
      </nav>
      <Drawer
        opened={isMenuOpen}
        onClose={() => setMenuOpen(false)}
        size="19rem"
        title={t("admin.title")}
        closeButtonProps={{ "aria-label": t("close") }}
        transitionProps={{ duration: 120 }}
      >
        <nav aria-label={t("admin.pages")}>
          <AdminMenu sections={sections} />
        </nav>
        <div className={classes["drawerFoot"]}>{back}</div>
      </Drawer>
      <main id="content" tabIndex={-1} className={classes["main"]}>
        <SupportBanner />
        {needed === undefined || permissions.has(needed) ? (
          <Outlet />
        ) : (
          <Empty Icon={IconLock} title={t("admin.notYours")} hint={t("admin.notYoursHint")} />
        )}
      </main>
    </div>
  );
}
