import { Alert, Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SendInstructions } from "../../../src/contract/domains.ts";
import { currentLanguage, LANGUAGES } from "../../app/i18n.ts";
import { explainAdmin } from "../admin/explain-admin.ts";
import { sendInstructions } from "./domain-data.ts";
import classes from "./domains.module.css";

/** The letter is written in these. */
const LETTERS = SendInstructions.shape.locale.unwrap();

/** A mail to whoever keeps the DNS, with exactly what to enter. */
export function InstructionsWay({ name }: { readonly name: string }): React.ReactNode {
  const { t } = useTranslation();
  const [to, setTo] = useState("");
  const [note, setNote] = useState("");
  const [locale, setLocale] = useState(() => LETTERS.catch("en").parse(currentLanguage()));
  const [sentTo, setSentTo] = useState<string>();
  const [failure, setFailure] = useState<string>();
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const isAddress = /^\S+@\S+\.\S+$/.test(to.trim());

  async function send(): Promise<void> {
    setTried(true);
    setFailure(undefined);
    setSentTo(undefined);
    if (!isAddress) return;
    setBusy(true);
    try {
      await sendInstructions(name, { to: to.trim(), locale, note: note.trim() });
      setSentTo(to.trim());
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
        void send();
      }}
    >
      <p>{t("admin.domains.ways.mail.text")}</p>
      <div className={classes["pair"]}>
        <TextInput
          type="email"
          label={t("admin.domains.ways.mail.to")}
          value={to}
          error={isTried && !isAddress ? t("admin.domains.ways.mail.toNeeded") : undefined}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
        <NativeSelect
          label={t("admin.domains.ways.mail.language")}
          value={locale}
          data={LANGUAGES.filter(({ code }) => LETTERS.safeParse(code).success).map(
            ({ code, name: label }) => ({
              value: code,
              label,
            }),
          )}
          onChange={(event) => {
            const chosen = LETTERS.safeParse(event.currentTarget.value);
            if (chosen.success) setLocale(chosen.data);
          }}
        />
      </div>
      <Textarea
        label={t("admin.domains.ways.mail.note")}
        autosize
        minRows={2}
        maxLength={2_000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      {failure !== undefined && (
        <Alert role="alert" color="brick" variant="outline" className={classes["failure"] ?? ""}>
          {failure}
        </Alert>
      )}
      {sentTo !== undefined && (
        <p role="status" className={classes["good"]}>
          {t("admin.domains.ways.mail.sent", { to: sentTo })}
        </p>
      )}
      <Button type="submit" loading={isBusy} className={classes["start"] ?? ""}>
        {t("admin.domains.ways.mail.go")}
      </Button>
    </form>
  );
}
