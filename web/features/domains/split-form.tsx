import { Alert, Button, Radio, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Cutover, CutoverMode } from "../../../src/contract/cutover.ts";
import { explainAdmin } from "../admin/explain-admin.ts";
import { toast } from "../../ui/toast.tsx";
import { setCutover } from "./domain-data.ts";
import classes from "./domains.module.css";

/** Where mail goes while both servers are in use. */
export function SplitForm({ cutover }: { readonly cutover: Cutover }): React.ReactNode {
  const { t } = useTranslation();
  const [mode, setMode] = useState(cutover.mode);
  const [server, setServer] = useState(cutover.oldServer ?? "");
  const [failure, setFailure] = useState<string>();
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const isMissing = mode !== "off" && server.trim() === "";

  async function save(): Promise<void> {
    setTried(true);
    setFailure(undefined);
    if (isMissing) return;
    setBusy(true);
    try {
      await setCutover(cutover.domain, { mode, oldServer: server.trim() === "" ? null : server.trim() });
      toast({ message: t("admin.saved") });
    } catch (error) {
      setFailure(explainAdmin(t, error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      noValidate
      className={classes["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Radio.Group
        label={t("admin.move.split.mode")}
        value={mode}
        onChange={(value) => {
          const chosen = CutoverMode.safeParse(value);
          if (chosen.success) setMode(chosen.data);
        }}
      >
        <div className={classes["radios"]}>
          {CutoverMode.options.map((value) => (
            <Radio
              key={value}
              value={value}
              label={t(`admin.move.split.modes.${value}.title`)}
              description={t(`admin.move.split.modes.${value}.text`)}
            />
          ))}
        </div>
      </Radio.Group>
      <TextInput
        label={t("admin.move.split.server")}
        description={t("admin.move.split.serverHint")}
        value={server}
        error={isTried && isMissing ? t("admin.move.split.serverNeeded") : undefined}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setServer(event.currentTarget.value)}
      />
      {failure !== undefined && (
        <Alert role="alert" color="brick" variant="outline" className={classes["failure"] ?? ""}>
          {failure}
        </Alert>
      )}
      <Button type="submit" loading={isBusy} className={classes["start"] ?? ""}>
        {t(cutover.plannedAt === null ? "admin.move.split.begin" : "admin.save")}
      </Button>
    </form>
  );
}
