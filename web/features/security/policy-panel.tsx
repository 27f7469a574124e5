import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SecurityPolicy } from "../../../src/contract/security.ts";
import { PASSWORD_MIN_LENGTH } from "../../../src/contract/signup.ts";
import { Failure, Loading } from "../admin/page-parts.tsx";
import { Actions, Panel } from "../admin/panel.tsx";
import { useMay } from "../admin/roles.ts";
import { useDoing } from "../admin/use-doing.ts";
import { savePolicy, securityPolicyQuery } from "./security-data.ts";
import classes from "./security.module.css";

const DAYS = [1, 3, 7, 14, 30];
const LENGTH_MAX = 64;

/** How strict the agency is with sign-ins. */
export function PolicyPanel(): React.ReactNode {
  const found = useQuery(securityPolicyQuery);
  if (found.isError) return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data === undefined) return <Loading rows={3} />;
  return <Form policy={found.data} />;
}

function Form({ policy }: { readonly policy: SecurityPolicy }): React.ReactNode {
  const { t } = useTranslation();
  const may = useMay();
  const { isBusy, run } = useDoing();
  const [draft, setDraft] = useState(policy);
  const [length, setLength] = useState(String(policy.passwordMinLength));
  const [isTried, setTried] = useState(false);
  const mayChange = may("security:write");
  const wanted = Number(length);
  const isLength = Number.isInteger(wanted) && wanted >= PASSWORD_MIN_LENGTH && wanted <= LENGTH_MAX;
  const days = DAYS.includes(draft.sessionDays)
    ? DAYS
    : [...DAYS, draft.sessionDays].toSorted((a, b) => a - b);
  return (
    <Panel title={t("admin.security.views.policy")} lead={t("admin.security.policyLead")}>
      <form
        className={classes["fields"]}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (isLength)
            void run(async () => savePolicy({ ...draft, passwordMinLength: wanted }), t("admin.saved"));
        }}
      >
        <NativeSelect
          label={t("admin.security.sessionDays")}
          description={t("admin.security.sessionDaysHint")}
          value={String(draft.sessionDays)}
          disabled={!mayChange}
          data={days.map((value) => ({
            value: String(value),
            label: t("admin.traffic.days", { count: value }),
          }))}
          onChange={(event) => setDraft({ ...draft, sessionDays: Number(event.currentTarget.value) })}
        />
        <TextInput
          inputMode="numeric"
          label={t("admin.security.minLength")}
          description={t("admin.security.minLengthHint")}
          value={length}
          readOnly={!mayChange}
          error={
            isTried && !isLength
              ? t("admin.security.minLengthFault", { least: PASSWORD_MIN_LENGTH, most: LENGTH_MAX })
              : undefined
          }
          onChange={(event) => setLength(event.currentTarget.value)}
        />
        <Checkbox
          label={t("admin.security.appPasswords")}
          description={t("admin.security.appPasswordsHint")}
          checked={draft.appPasswords}
          disabled={!mayChange}
          onChange={(event) => setDraft({ ...draft, appPasswords: event.currentTarget.checked })}
        />
        {mayChange && (
          <Actions>
            <Button type="submit" loading={isBusy}>
              {t("admin.save")}
            </Button>
          </Actions>
        )}
      </form>
    </Panel>
  );
}
