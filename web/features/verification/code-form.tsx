import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Verification } from "../../../src/contract/verification.ts";
import { formatLong } from "../../ui/format.ts";
import { toast } from "../../ui/toast.tsx";
import { refresh } from "../admin/admin-data.ts";
import { explainAdmin } from "../admin/explain-admin.ts";
import { Actions, Panel } from "../admin/panel.tsx";
import { confirmCode } from "./verification-data.ts";
import classes from "./verification.module.css";

/** The code from the letter, which shows that the agency gets its own mail. */
export function CodeForm({
  verification,
  onAgain,
}: {
  readonly verification: Verification;
  readonly onAgain: () => void;
}): React.ReactNode {
  const { t, i18n } = useTranslation();
  const [code, setCode] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const { method, codeSentAt, codeExpiresAt, triesLeft } = verification;
  const submit = async (): Promise<void> => {
    if (code.trim() === "") {
      setFailure(t("admin.verification.codeNeeded"));
      return;
    }
    setBusy(true);
    setFailure(undefined);
    try {
      await confirmCode({ code: code.trim() });
      toast({ message: t("admin.verification.done") });
    } catch (error) {
      setFailure(explainAdmin(t, error));
      // It counts: fewer attempts are left.
      await refresh();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel
      title={t("admin.verification.code")}
      lead={
        method !== null && codeSentAt !== null
          ? t(`admin.verification.sent.${method}`, { when: formatLong(codeSentAt, i18n.language) })
          : undefined
      }
    >
      <form
        className={classes["code"]}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextInput
          label={t("admin.verification.codeLabel")}
          description={
            codeExpiresAt === null
              ? undefined
              : t("admin.verification.validUntil", { when: formatLong(codeExpiresAt, i18n.language) })
          }
          value={code}
          error={failure}
          autoComplete="one-time-code"
          autoCapitalize="characters"
          spellCheck={false}
          maxLength={40}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        {triesLeft !== null && triesLeft < 10 && (
          <p className={classes["mild"]}>{t("admin.verification.tries", { count: triesLeft })}</p>
        )}
        <Actions>
          <Button type="submit" loading={isBusy}>
            {t("admin.verification.confirm")}
          </Button>
          <Button variant="subtle" onClick={onAgain}>
            {t("admin.verification.again")}
          </Button>
        </Actions>
      </form>
    </Panel>
  );
}
