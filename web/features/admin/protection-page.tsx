import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { policyQuery } from "./admin-data.ts";
import { Failure, Loading, PageHead } from "./page-parts.tsx";
import { PolicyForm } from "./policy-form.tsx";

/** What the agency wants done with incoming mail. */
export function ProtectionPage(): React.ReactNode {
  const { t } = useTranslation();
  const policy = useQuery(policyQuery);
  return (
    <>
      <PageHead title={t("admin.protection.title")} lead={t("admin.protection.lead")} />
      {policy.isError ? (
        <Failure error={policy.error} onRetry={() => void policy.refetch()} />
      ) : policy.data === undefined ? (
        <Loading rows={4} />
      ) : (
        <PolicyForm policy={policy.data} />
      )}
    </>
  );
}
