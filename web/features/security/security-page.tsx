import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Figures } from "../admin/figures.tsx";
import { PageHead } from "../admin/page-parts.tsx";
import { ViewTabs } from "../admin/view-tabs.tsx";
import { AlertList } from "./alert-list.tsx";
import { AttackList } from "./attack-list.tsx";
import { PolicyPanel } from "./policy-panel.tsx";
import { securityQuery } from "./security-data.ts";
import { SECURITY_VIEWS } from "./security-views.ts";
import { SessionList } from "./session-list.tsx";
import { SignInList } from "./sign-in-list.tsx";

/** Who signs in from where, what looks wrong, and how strict the agency is. */
export function SecurityPage(): React.ReactNode {
  const { t } = useTranslation();
  const { view = "alerts" } = useSearch({ from: "/admin/security" });
  const { data } = useQuery({ ...securityQuery, refetchInterval: 60_000 });
  return (
    <>
      <PageHead title={t("admin.security.title")} lead={t("admin.security.lead")} />
      {data !== undefined && view === "alerts" && (
        <Figures
          figures={[
            {
              label: t("admin.security.figures.alerts"),
              value: data.unseenAlerts,
              tone: data.unseenAlerts > 0 ? "bad" : "calm",
            },
            { label: t("admin.security.figures.signIns"), value: data.signIns },
            { label: t("admin.security.figures.failed"), value: data.failedSignIns },
            { label: t("admin.security.figures.sessions"), value: data.openSessions },
            {
              label: t("admin.security.figures.attacks"),
              value: data.attacks,
              tone: data.attacks > 0 ? "bad" : "calm",
            },
          ]}
        />
      )}
      <ViewTabs
        label={t("admin.security.title")}
        views={SECURITY_VIEWS.map((one) => ({
          label: t(`admin.security.views.${one}`),
          link: { to: "/admin/security", search: { view: one } },
          isHere: one === view,
        }))}
      />
      {view === "alerts" && <AlertList />}
      {view === "signIns" && <SignInList />}
      {view === "sessions" && <SessionList />}
      {view === "attacks" && <AttackList />}
      {view === "policy" && <PolicyPanel />}
    </>
  );
}
