import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import form from "../../ui/form.module.css";
import type { SignUpDraft } from "./sign-up-draft.ts";

export interface NamesStepProps {
  readonly draft: SignUpDraft;
  readonly onDone: (names: { readonly agencyName: string; readonly personName: string }) => void;
}

export function NamesStep({ draft, onDone }: NamesStepProps): React.ReactNode {
  const { t } = useTranslation();
  const fields = useForm({
    mode: "uncontrolled",
    initialValues: { agencyName: draft.agencyName, personName: draft.personName },
    validate: {
      agencyName: (value) => (value.trim().length < 2 ? t("signUp.names.agencyNeeded") : null),
      personName: (value) => (value.trim().length < 2 ? t("signUp.names.personNeeded") : null),
    },
    onSubmitPreventDefault: "always",
  });
  return (
    <>
      <p className={form["lead"]}>{t("signUp.names.lead")}</p>
      <form
        noValidate
        className={form["form"]}
        onSubmit={fields.onSubmit((values) => {
          onDone({ agencyName: values.agencyName.trim(), personName: values.personName.trim() });
        })}
      >
        <TextInput
          label={t("signUp.names.agency")}
          description={t("signUp.names.agencyHint")}
          autoComplete="organization"
          maxLength={200}
          required
          withAsterisk={false}
          size="md"
          key={fields.key("agencyName")}
          {...fields.getInputProps("agencyName")}
        />
        <TextInput
          label={t("signUp.names.person")}
          description={t("signUp.names.personHint")}
          autoComplete="name"
          maxLength={200}
          required
          withAsterisk={false}
          size="md"
          key={fields.key("personName")}
          {...fields.getInputProps("personName")}
        />
        <Button type="submit" size="md" fullWidth>
          {t("signUp.next")}
        </Button>
      </form>
    </>
  );
}
