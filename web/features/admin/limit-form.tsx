import { Alert, Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SendingLimits } from "../../../src/contract/sending-limits.ts";
import { explain } from "../../app/explain.ts";
import { HttpProblem } from "../../app/http.ts";
import { toast } from "../../ui/toast.tsx";
import { capOf, KINDS, type LimitDraft, NUMBERS, type OwnLimit, placeOf, readDraft } from "./limit-draft.ts";
import { saveLimit } from "./sending-data.ts";
import classes from "./limit-form.module.css";

interface LimitFormProps {
  readonly limits: SendingLimits;
  /** What the fields hold at first. */
  readonly start: LimitDraft;
  /** The limit is there already, and for whom it is stays. */
  readonly isThere: boolean;
  readonly onClose: () => void;
}

/** Lowers what a mailbox, a domain or all of them may send. */
export function LimitForm({ limits, start, isThere, onClose }: LimitFormProps): React.ReactNode {
  const { t, i18n } = useTranslation();
  const [draft, setDraft] = useState(start);
  const [isTried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const number = new Intl.NumberFormat(i18n.language);
  const { scope, subject } = placeOf(draft);
  const before: OwnLimit | undefined = isThere
    ? undefined
    : limits.own.find((one) => one.scope === scope && one.subject === subject);
  const read = readDraft(draft, limits.caps, before?.limits);
  const needsSubject = draft.kind === "mailbox" || draft.kind === "domain";

  const faultOf = (name: keyof typeof read.faults): string | undefined => {
    const fault = isTried ? read.faults[name] : undefined;
    if (fault === undefined) return undefined;
    if (fault === "subject")
      return t(draft.kind === "domain" ? "admin.sending.badDomain" : "admin.sending.badAddress");
    if (fault !== "above" || name === "subject")
      return t(fault === "empty" ? "admin.sending.noNumber" : "admin.sending.badNumber");
    return t("admin.sending.above", { limit: number.format(capOf(limits.caps, draft, name) ?? 0) });
  };

  async function submit(): Promise<void> {
    setTried(true);
    setFailure(undefined);
    if (Object.keys(read.faults).length > 0) return;
    setBusy(true);
    try {
      await saveLimit({ scope, subject, limits: read.limits });
      toast({ message: t("admin.sending.limitSaved") });
      onClose();
    } catch (error) {
      const status = error instanceof HttpProblem ? error.problem.status : 0;
      const isUnknown = status === 404 && needsSubject;
      const unknown = draft.kind === "domain" ? "admin.sending.noDomain" : "admin.sending.noMailbox";
      if (isUnknown) setFailure(t(unknown, { subject }));
      else setFailure(status === 422 ? t("admin.sending.aboveSomewhere") : explain(t, error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={t(isThere ? "admin.sending.changeLimit" : "admin.sending.newLimit")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form
        noValidate
        className={classes["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <NativeSelect
          label={t("admin.sending.for")}
          value={draft.kind}
          disabled={isThere}
          data={KINDS.map((value) => ({ value, label: t(`admin.sending.whom.${value}`) }))}
          onChange={(event) => {
            const kind = KINDS.find((one) => one === event.currentTarget.value) ?? "mailbox";
            setDraft((old) => ({ ...old, kind, subject: "" }));
          }}
        />
        {needsSubject && (
          <TextInput
            label={t(draft.kind === "domain" ? "admin.sending.domain" : "admin.sending.address")}
            value={draft.subject}
            disabled={isThere}
            autoCapitalize="none"
            spellCheck={false}
            error={faultOf("subject")}
            {...(isThere ? {} : { "data-autofocus": true })}
            onChange={(event) => {
              const { value } = event.currentTarget;
              setDraft((old) => ({ ...old, subject: value }));
            }}
          />
        )}
        <div className={classes["numbers"]}>
          {NUMBERS.map((name) => {
            const cap = capOf(limits.caps, draft, name);
            return (
              <TextInput
                key={name}
                inputMode="numeric"
                label={t(`admin.sending.most.${name}`)}
                description={
                  cap === null
                    ? t("admin.sending.noCap")
                    : t("admin.sending.cap", { limit: number.format(cap) })
                }
                value={draft.numbers[name]}
                error={faultOf(name)}
                {...(isThere && name === NUMBERS[0] ? { "data-autofocus": true } : {})}
                onChange={(event) => {
                  const { value } = event.currentTarget;
                  setDraft((old) => ({ ...old, numbers: { ...old.numbers, [name]: value } }));
                }}
              />
            );
          })}
        </div>
        {failure !== undefined && (
          <Alert role="alert" color="brick" variant="outline" className={classes["failure"] ?? ""}>
            {failure}
          </Alert>
        )}
        <div className={classes["buttons"]}>
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={busy}>
            {t("admin.sending.saveLimit")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
