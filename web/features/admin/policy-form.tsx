import { Alert, Button, Checkbox, NativeSelect, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import type { ParseKeys } from "i18next";
import { useTranslation } from "react-i18next";
import { MailPolicy } from "../../../src/contract/mail-policy.ts";
import { explain } from "../../app/explain.ts";
import { toast } from "../../ui/toast.tsx";
import { savePolicy } from "./admin-data.ts";
import { DEFAULT_BLOCKED, fromDraft, LEVELS, type PolicyDraft, STRICTNESS, toDraft } from "./policy-draft.ts";
import classes from "./policy-form.module.css";

export function PolicyForm({ policy }: { readonly policy: MailPolicy }): React.ReactNode {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => toDraft(policy));
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const isChanged = JSON.stringify(draft) !== JSON.stringify(toDraft(policy));
  const set = (change: Partial<PolicyDraft>): void => setDraft((old) => ({ ...old, ...change }));
  const text = (name: "junkAt" | "quarantineAt" | "rejectAt" | "blocked") => ({
    value: draft[name],
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      set({ [name]: event.currentTarget.value }),
  });
  const choice = (
    name: "scannerDown" | "dmarc" | "virus" | "action" | "encryptedArchives" | "digest",
    words: Readonly<Record<string, ParseKeys>>,
  ) => ({
    value: draft[name],
    data: Object.entries(words).map(([value, word]) => ({ value, label: t(word) })),
    onChange: (event: React.ChangeEvent<HTMLSelectElement>) => set({ [name]: event.currentTarget.value }),
  });

  useEffect(() => {
    if (!isChanged) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isChanged]);

  async function submit(): Promise<void> {
    const parsed = MailPolicy.safeParse(fromDraft(draft));
    if (!parsed.success) {
      const isEnding = parsed.error.issues.some((one) => one.path[0] === "attachments");
      setFailure(t(isEnding ? "admin.protection.badEnding" : "admin.protection.badScore"));
      return;
    }
    const { junkAt, quarantineAt, rejectAt } = parsed.data.spam;
    const steps = [junkAt, quarantineAt, rejectAt].filter((one) => one !== null);
    if (steps.some((one, i) => one < (steps[i - 1] ?? 0))) {
      setFailure(t("admin.protection.badOrder"));
      return;
    }
    setBusy(true);
    setFailure(undefined);
    try {
      setDraft(toDraft(await savePolicy(parsed.data)));
      toast({ message: t("admin.protection.saved") });
    } catch (error) {
      setFailure(explain(t, error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      className={classes["form"]}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Section id="spam" title={t("admin.protection.spam")} lead={t("admin.protection.spamLead")}>
        <SegmentedControl
          aria-label={t("admin.protection.strictness")}
          className={classes["levels"] ?? ""}
          value={draft.level}
          data={LEVELS.map((value) => ({ value, label: t(`admin.protection.levels.${value}`) }))}
          onChange={(value) => {
            const level = LEVELS.find((one) => one === value) ?? "own";
            if (level === "own") return set({ level });
            const { junkAt, quarantineAt, rejectAt } = STRICTNESS[level];
            set({
              level,
              junkAt: String(junkAt),
              quarantineAt: String(quarantineAt),
              rejectAt: String(rejectAt),
            });
          }}
        />
        <p className={classes["words"]}>{t(`admin.protection.levelWords.${draft.level}`)}</p>
        <div className={classes["scores"]}>
          {(["junkAt", "quarantineAt", "rejectAt"] as const).map((name) => (
            <TextInput
              key={name}
              inputMode="decimal"
              label={t(`admin.protection.${name}`)}
              description={t(
                name === "junkAt" ? "admin.protection.points" : "admin.protection.pointsOrNever",
              )}
              disabled={draft.level !== "own"}
              {...text(name)}
            />
          ))}
        </div>
        <Checkbox
          checked={draft.greylisting}
          label={t("admin.protection.greylisting")}
          description={t("admin.protection.greylistingHint")}
          onChange={(event) => set({ greylisting: event.currentTarget.checked })}
        />
      </Section>
      <Section id="forgery" title={t("admin.protection.forgery")} lead={t("admin.protection.forgeryLead")}>
        <NativeSelect
          label={t("admin.protection.dmarc")}
          {...choice("dmarc", {
            honour: "admin.protection.dmarcWords.honour",
            mark: "admin.protection.dmarcWords.mark",
          })}
        />
      </Section>
      <Section id="virus" title={t("admin.protection.virus")} lead={t("admin.protection.virusLead")}>
        <NativeSelect
          label={t("admin.protection.virusAction")}
          {...choice("virus", {
            reject: "admin.protection.actions.reject",
            quarantine: "admin.protection.actions.quarantine",
          })}
        />
        <NativeSelect
          label={t("admin.protection.scannerDown")}
          description={t("admin.protection.scannerDownHint")}
          {...choice("scannerDown", {
            defer: "admin.protection.scannerWords.defer",
            accept_marked: "admin.protection.scannerWords.accept_marked",
          })}
        />
      </Section>
      <Section
        id="attachments"
        title={t("admin.protection.attachments")}
        lead={t("admin.protection.attachmentsLead")}
      >
        <Textarea
          label={t("admin.protection.blocked")}
          description={t("admin.protection.blockedHint")}
          autosize
          minRows={3}
          spellCheck={false}
          {...text("blocked")}
        />
        {draft.blocked !== DEFAULT_BLOCKED && (
          <Button
            variant="default"
            className={classes["reset"] ?? ""}
            onClick={() => set({ blocked: DEFAULT_BLOCKED })}
          >
            {t("admin.protection.blockedReset")}
          </Button>
        )}
        <NativeSelect
          label={t("admin.protection.attachmentAction")}
          {...choice("action", {
            quarantine: "admin.protection.actions.quarantine",
            reject: "admin.protection.actions.reject",
          })}
        />
        <NativeSelect
          label={t("admin.protection.encrypted")}
          description={t("admin.protection.encryptedHint")}
          {...choice("encryptedArchives", {
            allow: "admin.protection.encryptedWords.allow",
            quarantine: "admin.protection.encryptedWords.quarantine",
          })}
        />
      </Section>
      <Section id="digest" title={t("admin.protection.digest")} lead={t("admin.protection.digestLead")}>
        <NativeSelect
          label={t("admin.protection.digestLabel")}
          {...choice("digest", {
            daily: "admin.protection.digestWords.daily",
            hourly: "admin.protection.digestWords.hourly",
            never: "admin.protection.digestWords.never",
          })}
        />
      </Section>
      <div className={classes["save"]}>
        {failure !== undefined && (
          <Alert role="alert" color="brick" variant="outline" className={classes["failure"] ?? ""}>
            {failure}
          </Alert>
        )}
        <Button type="submit" loading={busy} disabled={!isChanged}>
          {t("admin.protection.save")}
        </Button>
        <Button
          variant="default"
          disabled={!isChanged || busy}
          onClick={() => {
            setDraft(toDraft(policy));
            setFailure(undefined);
          }}
        >
          {t("admin.protection.undo")}
        </Button>
      </div>
    </form>
  );
}

function Section({
  id,
  title,
  lead,
  children,
}: {
  readonly id: string;
  readonly title: string;
  readonly lead: string;
  readonly children: React.ReactNode;
}): React.ReactNode {
  return (
    <section className={classes["section"]} aria-labelledby={`policy-${id}`}>
      <div>
        <h2 id={`policy-${id}`}>{title}</h2>
        <p className={classes["lead"]}>{lead}</p>
      </div>
      <div className={classes["fields"]}>{children}</div>
    </section>
  );
}
