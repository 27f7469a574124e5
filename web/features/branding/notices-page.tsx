import { Checkbox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { NoticeSettings } from "../../../src/contract/notices.ts";
import { adminQuery } from "../admin/admin-data.ts";
import { change } from "../admin/admin-requests.ts";
import { Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { Panel } from "../admin/panel.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";

const PATH = "/v1/notice-settings";
const noticesQuery = adminQuery(PATH, NoticeSettings);
const KINDS = ["alertMails", "incidentMails"] as const;

/** What administrators hear of by e-mail. */
export function NoticesPage(): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const found = useQuery(noticesQuery);
  const { isBusy, run } = useDoing();
  const { data } = found;
  return (
    <>
      <PageHead title={t("admin.notices.title")} lead={t("admin.notices.lead")} />
      {data !== undefined ? (
        <Panel title={t("admin.notices.mails")} lead={t("admin.notices.mailsLead")}>
          {KINDS.map((kind) => (
            <Checkbox
              key={kind}
              checked={data[kind]}
              disabled={isBusy || !may("settings:write")}
              label={t(`admin.notices.kinds.${kind}.title`)}
              description={t(`admin.notices.kinds.${kind}.text`)}
              onChange={(event) => {
                const wanted = { ...data, [kind]: event.currentTarget.checked };
                void run(async () => change("PUT", PATH, wanted, NoticeSettings), t("admin.saved"));
              }}
            />
          ))}
        </Panel>
      ) : found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Loading rows={2} />
      )}
      <Panel title={t("admin.notices.elsewhere")} lead={t("admin.notices.elsewhereLead")}>
        <Link to="/service">{t("admin.notices.toService")}</Link>
        {may("integrations:read") && <Link to="/admin/webhooks">{t("admin.notices.toWebhooks")}</Link>}
      </Panel>
    </>
  );
}
