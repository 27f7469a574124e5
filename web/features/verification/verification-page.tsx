import { IconRosetteDiscountCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Verification } from "../../../src/contract/verification.ts";
import { formatLong } from "../../ui/format.ts";
import { Failure, Loading, PageHead } from "../admin/page-parts.tsx";
import { Panel } from "../admin/panel.tsx";
import { useMay } from "../admin/roles.ts";
import { CodeForm } from "./code-form.tsx";
import { EntryFacts } from "./entry-facts.tsx";
import { FindEntry } from "./find-entry.tsx";
import { verificationQuery } from "./verification-data.ts";
import classes from "./verification.module.css";

/** Whether the agency is who it says, and the way there. */
export function VerificationPage(): React.ReactNode {
  const { t } = useTranslation();
  const found = useQuery(verificationQuery);
  return (
    <>
      <PageHead title={t("admin.verification.title")} lead={t("admin.verification.lead")} />
      {found.data !== undefined ? (
        <Shown verification={found.data} />
      ) : found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <Loading rows={3} />
      )}
    </>
  );
}

function Shown({ verification }: { readonly verification: Verification }): React.ReactNode {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const [isAgain, setAgain] = useState(false);
  const { state, entry, reason, verifiedAt, verifiedBy, dailyRecipients, hasRegistry } = verification;
  const mayChange = may("settings:write");
  const isOpen = state === "unverified" || state === "code_sent";
  return (
    <>
      <div className={classes["state"]} data-state={state} role="status">
        {state === "verified" && <IconRosetteDiscountCheck size={36} stroke={1.4} aria-hidden="true" />}
        <div>
          <p className={classes["what"]}>{t(`admin.verification.states.${state}`)}</p>
          <p>{t(`admin.verification.stateWords.${state}`)}</p>
          {reason !== null && <p>{t("admin.verification.reason", { reason })}</p>}
          {verifiedAt !== null && verifiedBy !== null && (
            <p className={classes["mild"]}>
              {t(`admin.verification.by.${verifiedBy}`, { when: formatLong(verifiedAt, i18n.language) })}
            </p>
          )}
          {state !== "verified" && dailyRecipients !== null && (
            <p>{t("admin.verification.cap", { count: dailyRecipients })}</p>
          )}
        </div>
      </div>
      {entry !== null && !(isOpen && isAgain) && (
        <Panel title={t("admin.verification.entry")}>
          <EntryFacts entry={entry} />
        </Panel>
      )}
      {state === "code_sent" && mayChange && !isAgain && (
        <CodeForm verification={verification} onAgain={() => setAgain(true)} />
      )}
      {isOpen && mayChange && (state === "unverified" || isAgain) && (
        <>
          {hasRegistry ? (
            <FindEntry chosen={entry} onSent={() => setAgain(false)} />
          ) : (
            <Panel title={t("admin.verification.noRegistry")} lead={t("admin.verification.noRegistryLead")}>
              {null}
            </Panel>
          )}
        </>
      )}
    </>
  );
}
