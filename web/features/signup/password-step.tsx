import { useEffect, useRef, useState } from "react";
import { Alert, Anchor, Button, Checkbox, PasswordInput } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { PASSWORD_MAX_LENGTH } from "../../../src/contract/signup.ts";
import { explain } from "../../app/explain.ts";
import { HttpProblem } from "../../app/http.ts";
import { currentLanguage } from "../../app/i18n.ts";
import { signUp } from "../../app/session.ts";
import form from "../../ui/form.module.css";
import type { SignUpDraft } from "./sign-up-draft.ts";
import classes from "./sign-up-page.module.css";

export interface PasswordStepProps {
  readonly draft: SignUpDraft;
  readonly minLength: number;
  readonly onBack: () => void;
  /** the address was taken by someone else in the meantime */
  readonly onAddressLost: () => void;
}

/** In code points, as the server counts (a letter outside the BMP is one). */
function lengthOf(password: string): number {
  return Array.from(password).length;
}

/** Length is what counts (NIST SP 800-63B §3.1.1.2): 0 too short, then 1 to 3. */
function strength(password: string, minLength: number): 0 | 1 | 2 | 3 {
  const length = lengthOf(password);
  if (length < minLength) return 0;
  if (length < minLength + 4) return 1;
  return length < minLength + 10 ? 2 : 3;
}

export function PasswordStep({
  draft,
  minLength,
  onBack,
  onAddressLost,
}: PasswordStepProps): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [password, setPassword] = useState("");
  const [consent, setConsent] = useState(false);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const [refusal, setRefusal] = useState<string>();
  const failureRef = useRef<HTMLDivElement>(null);
  const passwordRef = useRef<HTMLInputElement>(null);
  const consentRef = useRef<HTMLInputElement>(null);
  const level = strength(password, minLength);
  const missing = minLength - lengthOf(password);

  useEffect(() => {
    if (failure !== undefined) failureRef.current?.focus();
  }, [failure]);

  async function submit(): Promise<void> {
    setTried(true);
    setFailure(undefined);
    if (level === 0) return passwordRef.current?.focus();
    if (!consent) return consentRef.current?.focus();
    if (draft.agreed === undefined) return onAddressLost();
    setBusy(true);
    try {
      await signUp({
        agencyName: draft.agencyName,
        personName: draft.personName,
        slug: draft.agreed.slug,
        localPart: draft.agreed.localPart,
        password,
        consent: true,
        locale: currentLanguage(),
      });
      await navigate({ to: "/mail/$folder", params: { folder: "inbox" }, replace: true });
    } catch (error) {
      const fields = error instanceof HttpProblem ? (error.problem.errors ?? []) : [];
      if (fields.some(({ field }) => field === "slug" || field === "localPart")) return onAddressLost();
      const about = fields.find(({ field }) => field === "password");
      if (about === undefined) setFailure(explain(t, error));
      else setRefusal(passwordRefusal(t, about.code, minLength));
    } finally {
      setBusy(false);
    }
  }

  const tooShort = tried && level === 0 ? t("password.tooShort", { count: minLength }) : undefined;
  return (
    <>
      <p className={form["lead"]}>{t("signUp.password.lead", { address: draft.agreed?.address ?? "" })}</p>
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
      <form
        noValidate
        className={form["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {/* For password managers: what this password belongs to. */}
        <input
          type="text"
          name="username"
          autoComplete="username"
          value={draft.agreed?.address ?? ""}
          readOnly
          hidden
        />
        <div>
          <PasswordInput
            ref={passwordRef}
            label={t("password.label")}
            description={t("password.advice", { count: minLength })}
            autoComplete="new-password"
            maxLength={PASSWORD_MAX_LENGTH}
            required
            withAsterisk={false}
            size="md"
            value={password}
            error={refusal ?? tooShort}
            onChange={(event) => {
              setPassword(event.currentTarget.value);
              setRefusal(undefined);
            }}
            aria-describedby="password-strength"
            visibilityToggleButtonProps={{ "aria-label": t("password.toggle"), tabIndex: 0 }}
          />
          <div className={classes["meter"]} data-level={level} aria-hidden="true">
            <span />
            <span />
            <span />
          </div>
          <p id="password-strength" className={classes["strength"]} role="status">
            {password !== "" &&
              (level === 0 ? t("password.missing", { count: missing }) : t(`password.level${level}`))}
          </p>
        </div>
        <Checkbox
          ref={consentRef}
          checked={consent}
          onChange={(event) => {
            setConsent(event.currentTarget.checked);
          }}
          error={tried && !consent ? t("signUp.consentNeeded") : undefined}
          label={
            <>
              {t("signUp.consent")}{" "}
              <Anchor component={Link} to="/terms" target="_blank" underline="always">
                {t("terms.title")}
              </Anchor>
              {" · "}
              <Anchor component={Link} to="/privacy" target="_blank" underline="always">
                {t("privacy.title")}
              </Anchor>
            </>
          }
        />
        <div className={form["buttons"]}>
          <Button variant="default" size="md" onClick={onBack}>
            {t("signUp.back")}
          </Button>
          <Button type="submit" size="md" loading={busy}>
            {t("signUp.finish")}
          </Button>
        </div>
      </form>
    </>
  );
}

function passwordRefusal(t: TFunction, code: string, minLength: number): string {
  if (code === "too_short") return t("password.tooShort", { count: minLength });
  if (code === "too_long") return t("password.tooLong", { count: PASSWORD_MAX_LENGTH });
  return t("password.refused");
}
