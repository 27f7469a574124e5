import { Alert, Button, NativeSelect, Progress, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { MIGRATION_KINDS } from "../../../src/contract/migrations.ts";
import { FileDrop } from "../../ui/file-drop.tsx";
import { formatSize } from "../../ui/format.ts";
import { explainAdmin } from "../admin/explain-admin.ts";
import dialog from "../admin/form-dialog.module.css";
import { addFile, addMigration, stepMigration, uploadFile } from "./migration-data.ts";
import classes from "./migration.module.css";

const KINDS = MIGRATION_KINDS.filter((kind) => kind !== "imap");

/** The kind that a file most likely is, by its name. */
function guess(name: string): (typeof KINDS)[number] | undefined {
  if (/\.pst$/i.test(name)) return "pst";
  if (/\.mbox$/i.test(name)) return "mbox";
  return /\.(?:tar|tgz|tar\.gz)$/i.test(name) ? "maildir" : undefined;
}

/** Files with old mail for one mailbox: they are sent in pieces, so that a broken connection costs nothing. */
export function FileForm(): React.ReactNode {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const [kind, setKind] = useState<(typeof KINDS)[number]>("mbox");
  const [address, setAddress] = useState("");
  const [into, setInto] = useState("");
  const [files, setFiles] = useState<readonly File[]>([]);
  const [isTried, setTried] = useState(false);
  const [sent, setSent] = useState<number>();
  const [failure, setFailure] = useState<string>();
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const isMissing = { address: address.trim() === "", files: files.length === 0 };

  async function bring(): Promise<void> {
    setTried(true);
    setFailure(undefined);
    if (isMissing.address || isMissing.files) return;
    setSent(0);
    try {
      const { id } = await addMigration({ source: { kind }, into: into.trim() });
      let before = 0;
      try {
        for (const file of files) {
          const made = await addFile(id, file, address.trim());
          const start = before;
          await uploadFile(id, file, made, (received) => setSent(start + received));
          before += file.size;
        }
        await stepMigration(id, "start");
      } finally {
        // What was cut can be taken up again on the page of the migration.
        if (before > 0) await navigate({ to: "/admin/migrations/$id", params: { id } });
      }
    } catch (error) {
      setFailure(explainAdmin(t, error));
      setSent(undefined);
    }
  }

  return (
    <form
      noValidate
      className={classes["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        void bring();
      }}
    >
      <NativeSelect
        label={t("admin.migrations.kind")}
        value={kind}
        data={KINDS.map((value) => ({ value, label: t(`admin.migrations.kinds.${value}`) }))}
        description={t(`admin.migrations.kindHints.${kind}`)}
        onChange={(event) => setKind(KINDS.find((one) => one === event.currentTarget.value) ?? "mbox")}
      />
      <TextInput
        label={t("admin.migrations.address")}
        description={t("admin.migrations.addressHint")}
        value={address}
        error={isTried && isMissing.address ? t("admin.migrations.needed.address") : undefined}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setAddress(event.currentTarget.value)}
      />
      <TextInput
        label={t("admin.migrations.into")}
        description={t("admin.migrations.intoHint")}
        value={into}
        maxLength={200}
        onChange={(event) => setInto(event.currentTarget.value)}
      />
      <div>
        <FileDrop
          label={files.length === 0 ? t("admin.migrations.drop") : files.map((file) => file.name).join(", ")}
          hint={files.length === 0 ? t("admin.migrations.dropHint") : formatSize(total, i18n.language)}
          button={t("admin.migrations.choose")}
          accept=".mbox,.zip,.tar,.tgz,.gz,.pst,application/mbox"
          multiple
          onFiles={(chosen) => {
            setFiles(chosen);
            const found = guess(chosen[0]?.name ?? "");
            if (found !== undefined) setKind(found);
          }}
        />
        {isTried && isMissing.files && (
          <p className={classes["fault"]}>{t("admin.migrations.needed.files")}</p>
        )}
      </div>
      {sent !== undefined && (
        <div role="status">
          <Progress
            size="lg"
            value={total === 0 ? 0 : (sent / total) * 100}
            aria-label={t("admin.migrations.sending")}
          />
          <p className={classes["mild"]}>
            {t("admin.migrations.sent", {
              sent: formatSize(sent, i18n.language),
              total: formatSize(total, i18n.language),
            })}
          </p>
        </div>
      )}
      {failure !== undefined && (
        <Alert role="alert" color="brick" variant="outline" className={dialog["failure"] ?? ""}>
          {failure}
        </Alert>
      )}
      <div className={classes["buttons"]}>
        <Button type="submit" size="md" loading={sent !== undefined}>
          {t("admin.migrations.bring")}
        </Button>
      </div>
    </form>
  );
}
