import { Alert, Button, Checkbox, NativeSelect, SegmentedControl, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ConnectionTest } from "../../../src/contract/migrations.ts";
import { explainAdmin } from "../admin/explain-admin.ts";
import { HttpProblem } from "../../app/http.ts";
import dialog from "../admin/form-dialog.module.css";
import { addMigration, testConnection } from "./migration-data.ts";
import { whyNot } from "./migration-words.ts";
import { EMPTY, linesOf, migrationOf, missingIn, type ServerDraft, sourceOf, WHOSE } from "./server-draft.ts";
import { Whose } from "./whose-fields.tsx";
import classes from "./migration.module.css";

const SECURITIES = ["tls", "starttls", "none"] as const;

/** An old server, and whose mail is fetched from it. */
export function ServerForm(): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(EMPTY);
  const [isTried, setTried] = useState(false);
  const [busy, setBusy] = useState<"test" | "add">();
  const [failure, setFailure] = useState<string>();
  const [tested, setTested] = useState<ConnectionTest>();
  const missing = missingIn(draft);
  const set = (part: Partial<ServerDraft>): void => {
    setDraft((old) => ({ ...old, ...part }));
    setTested(undefined);
  };
  const faultOf = (field: (typeof missing)[number]): string | undefined =>
    isTried && missing.includes(field) ? t(`admin.migrations.needed.${field}`) : undefined;

  async function work(what: "test" | "add"): Promise<void> {
    setTried(true);
    setFailure(undefined);
    if (missing.length > 0) return;
    setBusy(what);
    try {
      if (what === "test") {
        const { whose, address, user, password, addresses } = draft;
        const first = whose === "one" ? address : (linesOf(addresses)[0] ?? "");
        const mailbox = {
          user: whose === "one" && user.trim() !== "" ? user.trim() : first.trim(),
          ...(whose === "one" && { password }),
        };
        setTested(await testConnection({ source: sourceOf(draft), mailbox }));
      } else {
        const { id } = await addMigration(migrationOf(draft));
        await navigate({ to: "/admin/migrations/$id", params: { id } });
      }
    } catch (error) {
      const about = error instanceof HttpProblem ? (error.problem.errors?.[0]?.field ?? "") : "";
      const line = /^(?:csv|mailboxes)\.(\d+)/.exec(about)?.[1];
      setFailure(line === undefined ? explainAdmin(t, error) : t("admin.migrations.badLine", { line }));
    } finally {
      setBusy(undefined);
    }
  }

  return (
    <form
      noValidate
      className={classes["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        void work("add");
      }}
    >
      <TextInput
        label={t("admin.migrations.host")}
        description={t("admin.migrations.hostHint")}
        value={draft.host}
        error={faultOf("host")}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => set({ host: event.currentTarget.value })}
      />
      <details className={classes["more"]}>
        <summary>{t("admin.migrations.moreSettings")}</summary>
        <div className={classes["fields"]}>
          <NativeSelect
            label={t("admin.migrations.security")}
            value={draft.security}
            data={SECURITIES.map((value) => ({ value, label: t(`admin.migrations.securities.${value}`) }))}
            onChange={(event) =>
              set({ security: SECURITIES.find((one) => one === event.currentTarget.value) ?? "tls" })
            }
          />
          <TextInput
            label={t("admin.migrations.port")}
            inputMode="numeric"
            placeholder={draft.security === "tls" ? "993" : "143"}
            value={draft.port}
            error={faultOf("port")}
            onChange={(event) => set({ port: event.currentTarget.value })}
          />
          <Checkbox
            label={t("admin.migrations.anyCertificate")}
            description={t("admin.migrations.anyCertificateHint")}
            checked={draft.allowAnyCertificate}
            onChange={(event) => set({ allowAnyCertificate: event.currentTarget.checked })}
          />
          <TextInput
            label={t("admin.migrations.into")}
            description={t("admin.migrations.intoHint")}
            value={draft.into}
            maxLength={200}
            onChange={(event) => set({ into: event.currentTarget.value })}
          />
        </div>
      </details>
      <div>
        <p className={classes["label"]}>{t("admin.migrations.whoseMail")}</p>
        <SegmentedControl
          className={classes["segments"] ?? ""}
          aria-label={t("admin.migrations.whoseMail")}
          value={draft.whose}
          data={WHOSE.map((value) => ({ value, label: t(`admin.migrations.whose.${value}`) }))}
          onChange={(value) => set({ whose: WHOSE.find((one) => one === value) ?? "one" })}
        />
      </div>
      <Whose draft={draft} set={set} faultOf={faultOf} />
      {tested !== undefined && (
        <div className={classes["tested"]} data-ok={tested.ok} role="status">
          {tested.ok
            ? t("admin.migrations.works", {
                folders: tested.folders ?? 0,
                messages: tested.messages ?? 0,
              })
            : whyNot(t, tested.problem ?? "internal")}
          {tested.ok && tested.warnings.includes("cleartext") && <p>{t("admin.migrations.warnCleartext")}</p>}
          {tested.ok && tested.warnings.includes("any_certificate") && (
            <p>{t("admin.migrations.warnCertificate")}</p>
          )}
        </div>
      )}
      {failure !== undefined && (
        <Alert role="alert" color="brick" variant="outline" className={dialog["failure"] ?? ""}>
          {failure}
        </Alert>
      )}
      <div className={classes["buttons"]}>
        <Button type="submit" size="md" loading={busy === "add"}>
          {t("admin.migrations.prepare")}
        </Button>
        {draft.whose !== "list" && (
          <Button variant="default" size="md" loading={busy === "test"} onClick={() => void work("test")}>
            {t("admin.migrations.test")}
          </Button>
        )}
      </div>
    </form>
  );
}
