import { Alert, Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PersonDetail } from "../../../src/contract/people.ts";
import { LANGUAGES } from "../../app/i18n.ts";
import { toast } from "../../ui/toast.tsx";
import { explainAdmin } from "../admin/explain-admin.ts";
import dialog from "../admin/form-dialog.module.css";
import { changePerson } from "./people-data.ts";
import { readQuota, writeQuota } from "./person-words.ts";

/** What is known of a person, to be put right. */
export function PersonForm({
  person,
  onClose,
}: {
  readonly person: PersonDetail;
  readonly onClose: () => void;
}): React.ReactNode {
  const { t } = useTranslation();
  const [draft, setDraft] = useState({
    name: person.name,
    address: person.address,
    quota: writeQuota(person.quotaBytes),
    locale: person.locale,
    jobTitle: person.jobTitle,
    unit: person.unit,
    phone: person.phone,
    isUnlisted: person.isUnlisted,
  });
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const quotaBytes = readQuota(draft.quota);
  const set = (part: Partial<typeof draft>): void => setDraft((old) => ({ ...old, ...part }));

  async function save(): Promise<void> {
    setFailure(undefined);
    if (quotaBytes === undefined || draft.name.trim() === "") return;
    const locale = LANGUAGES.find(({ code }) => code === draft.locale)?.code;
    setBusy(true);
    try {
      await changePerson(person.id, {
        name: draft.name.trim(),
        ...(draft.address.trim() !== person.address && { address: draft.address.trim() }),
        ...(draft.quota !== writeQuota(person.quotaBytes) && { quotaBytes }),
        ...(locale !== undefined && { locale }),
        jobTitle: draft.jobTitle.trim(),
        unit: draft.unit.trim(),
        phone: draft.phone.trim(),
        isUnlisted: draft.isUnlisted,
      });
      toast({ message: t("admin.saved") });
      onClose();
    } catch (error) {
      setFailure(explainAdmin(t, error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      noValidate
      className={dialog["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextInput
        label={t("admin.people.name")}
        value={draft.name}
        error={draft.name.trim() === "" ? t("admin.people.fault.name") : undefined}
        autoComplete="off"
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TextInput
        label={t("admin.people.address")}
        description={t("admin.people.addressHint")}
        value={draft.address}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => set({ address: event.currentTarget.value })}
      />
      <TextInput
        label={t("admin.people.quota")}
        inputMode="decimal"
        value={draft.quota}
        error={quotaBytes === undefined ? t("admin.people.fault.quota") : undefined}
        onChange={(event) => set({ quota: event.currentTarget.value })}
      />
      <NativeSelect
        label={t("admin.people.language")}
        value={draft.locale}
        data={LANGUAGES.map(({ code, name }) => ({ value: code, label: name }))}
        onChange={(event) => set({ locale: event.currentTarget.value })}
      />
      {(["jobTitle", "unit", "phone"] as const).map((field) => (
        <TextInput
          key={field}
          label={t(`admin.people.${field}`)}
          value={draft[field]}
          autoComplete="off"
          maxLength={200}
          onChange={(event) => set({ [field]: event.currentTarget.value })}
        />
      ))}
      <Checkbox
        label={t("admin.people.unlisted")}
        checked={draft.isUnlisted}
        onChange={(event) => set({ isUnlisted: event.currentTarget.checked })}
      />
      {failure !== undefined && (
        <Alert role="alert" color="brick" variant="outline" className={dialog["failure"] ?? ""}>
          {failure}
        </Alert>
      )}
      <div className={dialog["buttons"]}>
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button type="submit" loading={isBusy}>
          {t("admin.save")}
        </Button>
      </div>
    </form>
  );
}
