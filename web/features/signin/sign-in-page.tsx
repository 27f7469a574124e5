import { useEffect, useRef, useState } from "react";
import { Alert, Anchor, Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { explain } from "../../app/explain.ts";
import { looksQuery } from "../../app/looks.ts";
import { signIn } from "../../app/session.ts";
import { wearAccent } from "../../ui/accent.ts";
import { useTitle } from "../../ui/use-title.ts";
import { PublicPage } from "../../ui/public-page.tsx";
import form from "../../ui/form.module.css";

export function SignInPage(): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { ended, next, agency } = useSearch({ from: "/sign-in" });
  const { data: looks } = useQuery({
    ...looksQuery({ agency: agency ?? "" }),
    enabled: agency !== undefined,
  });
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const failureRef = useRef<HTMLDivElement>(null);
  useTitle(t("signIn.title"));

  const fields = useForm({
    mode: "uncontrolled",
    initialValues: { address: "", password: "" },
    validate: {
      address: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : t("signIn.addressNeeded")),
      password: (value) => (value === "" ? t("signIn.passwordNeeded") : null),
    },
    onSubmitPreventDefault: "always",
  });

  useEffect(() => {
    if (failure !== undefined) failureRef.current?.focus();
  }, [failure]);

  useEffect(() => wearAccent(looks?.colour ?? null), [looks]);

  async function submit(values: { address: string; password: string }): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    try {
      await signIn({ address: values.address.trim(), password: values.password });
      await navigate({ href: next ?? "/mail/inbox", replace: true });
    } catch (error) {
      setFailure(explain(t, error, "signIn"));
    } finally {
      setBusy(false);
    }
  }

  return (
    <PublicPage agency={looks}>
      <h1 className={form["title"]}>{t("signIn.title")}</h1>
      {ended === true && failure === undefined && (
        <p className={form["note"]} role="status">
          {t("signIn.ended")}
        </p>
      )}
      {failure !== undefined && (
        <Alert
          ref={failureRef}
          tabIndex={-1}
          role="alert"
          className={form["failure"] ?? ""}
          variant="outline"
          color="brick"
        >
          {failure}
        </Alert>
      )}
      <form noValidate className={form["form"]} onSubmit={fields.onSubmit((values) => void submit(values))}>
        <TextInput
          label={t("signIn.address")}
          type="email"
          inputMode="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          size="md"
          key={fields.key("address")}
          {...fields.getInputProps("address")}
        />
        <PasswordInput
          label={t("signIn.password")}
          autoComplete="current-password"
          required
          withAsterisk={false}
          size="md"
          visibilityToggleButtonProps={{ "aria-label": t("password.toggle"), tabIndex: 0 }}
          key={fields.key("password")}
          {...fields.getInputProps("password")}
        />
        <Button type="submit" size="md" fullWidth loading={busy}>
          {t("signIn.submit")}
        </Button>
      </form>
      {looks !== undefined && looks.helpText !== "" && (
        <p className={`${form["aside"]} ${form["help"]}`}>{looks.helpText}</p>
      )}
      {looks === undefined && (
        <p className={form["aside"]}>
          {t("signIn.noAccount")}{" "}
          <Anchor component={Link} to="/sign-up" underline="always">
            {t("signIn.toSignUp")}
          </Anchor>
        </p>
      )}
    </PublicPage>
  );
}
