import { Alert, Button, Checkbox, NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type DomainDetail,
  type Plan,
  ProviderCredentials,
  type ProviderField,
  type ProviderName,
} from "../../../src/contract/domains.ts";
import { HttpProblem } from "../../app/http.ts";
import { explainAdmin } from "../admin/explain-admin.ts";
import { applyRecords, planRecords } from "./domain-data.ts";
import { PlanView } from "./plan-view.tsx";
import classes from "./domains.module.css";

type Values = Readonly<Partial<Record<ProviderField["name"], string>>>;

/** With a token of the DNS provider: what would be changed is shown first, and nothing else is done. The token is not kept. */
export function TokenWay({ domain }: { readonly domain: DomainDetail }): React.ReactNode {
  const { t } = useTranslation();
  const { name, ways } = domain;
  const { providers, suggested } = ways.token;
  const [provider, setProvider] = useState<ProviderName | undefined>(suggested ?? providers[0]?.name);
  const [values, setValues] = useState<Values>({});
  const [optional, setOptional] = useState(true);
  const [plan, setPlan] = useState<Plan>();
  const [done, setDone] = useState<number>();
  const [failure, setFailure] = useState<string>();
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const fields = providers.find((one) => one.name === provider)?.fields ?? [];
  const valueOf = ({ name: field, options }: ProviderField): string => values[field] ?? options[0] ?? "";
  const missing = fields.filter((field) => field.required && valueOf(field).trim() === "");

  async function work(step: "plan" | "apply"): Promise<void> {
    setTried(true);
    setFailure(undefined);
    setDone(undefined);
    if (provider === undefined || missing.length > 0) return;
    const given = fields.map((field) => [field.name, valueOf(field).trim()] as const);
    const credentials = ProviderCredentials.safeParse(
      Object.fromEntries(given.filter(([, value]) => value !== "")),
    );
    if (!credentials.success) return setFailure(t("admin.problem.input"));
    const wanted = { provider, credentials: credentials.data, optional };
    setBusy(true);
    try {
      if (step === "plan" || plan === undefined) setPlan(await planRecords(name, wanted));
      else {
        const { changed } = await applyRecords(name, { ...wanted, fingerprint: plan.fingerprint });
        setDone(changed);
        setPlan(undefined);
      }
    } catch (error) {
      // What the provider has is not what was planned from: the new plan is shown.
      if (error instanceof HttpProblem && error.problem.code === "plan_changed")
        setPlan(await planRecords(name, wanted).catch(() => undefined));
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
        void work(plan === undefined ? "plan" : "apply");
      }}
    >
      <p>{t("admin.domains.ways.token.text")}</p>
      <NativeSelect
        label={t("admin.domains.ways.token.provider")}
        value={provider ?? ""}
        data={providers.map((one) => ({ value: one.name, label: t(`admin.domains.providers.${one.name}`) }))}
        onChange={(event) => {
          setProvider(providers.find((one) => one.name === event.currentTarget.value)?.name);
          setPlan(undefined);
          setTried(false);
        }}
      />
      {provider !== undefined && (
        <p className={classes["mild"]}>{t(`admin.domains.providerHelp.${provider}`)}</p>
      )}
      {fields.map((field) => (
        <Field
          key={`${provider} ${field.name}`}
          field={field}
          value={valueOf(field)}
          isMissing={isTried && missing.includes(field)}
          onChange={(value) => {
            setValues((old) => ({ ...old, [field.name]: value }));
            setPlan(undefined);
          }}
        />
      ))}
      <Checkbox
        checked={optional}
        label={t("admin.domains.ways.token.optional")}
        onChange={(event) => {
          setOptional(event.currentTarget.checked);
          setPlan(undefined);
        }}
      />
      {plan !== undefined && <PlanView plan={plan} />}
      {failure !== undefined && (
        <Alert role="alert" color="brick" variant="outline" className={classes["failure"] ?? ""}>
          {failure}
        </Alert>
      )}
      {done !== undefined && (
        <p role="status" className={classes["good"]}>
          {t("admin.domains.ways.token.done", { count: done })}
        </p>
      )}
      <div className={classes["buttons"]}>
        <Button type="submit" loading={isBusy}>
          {t(plan === undefined ? "admin.domains.ways.token.plan" : "admin.domains.ways.token.apply")}
        </Button>
        {plan !== undefined && (
          <Button variant="default" onClick={() => setPlan(undefined)}>
            {t("cancel")}
          </Button>
        )}
      </div>
    </form>
  );
}

interface FieldProps {
  readonly field: ProviderField;
  readonly value: string;
  readonly isMissing: boolean;
  readonly onChange: (value: string) => void;
}

function Field({ field, value, isMissing, onChange }: FieldProps): React.ReactNode {
  const { t } = useTranslation();
  const common = {
    label: t(`admin.domains.credentials.${field.name}`),
    value,
    error: isMissing ? t("admin.domains.credentialNeeded") : undefined,
    autoComplete: "off",
    spellCheck: false,
  };
  if (field.options.length > 0)
    return (
      <NativeSelect
        label={common.label}
        value={value}
        data={[...field.options]}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  if (field.secret)
    return (
      <PasswordInput
        {...common}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ "aria-label": t("password.toggle"), tabIndex: 0 }}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  return <TextInput {...common} onChange={(event) => onChange(event.currentTarget.value)} />;
}
