import { useCallback, useEffect, useRef, useState } from "react";
import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { signupConfigQuery } from "../../app/session.ts";
import form from "../../ui/form.module.css";
import { PublicPage } from "../../ui/public-page.tsx";
import { useTitle } from "../../ui/use-title.ts";
import { AddressStep } from "./address-step.tsx";
import { NamesStep } from "./names-step.tsx";
import { PasswordStep } from "./password-step.tsx";
import { EMPTY_DRAFT, type SignUpDraft } from "./sign-up-draft.ts";
import classes from "./sign-up-page.module.css";

const STEPS = 3;

export function SignUpPage(): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const wished = useSearch({ from: "/sign-up" }).step ?? 1;
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const heading = useRef<HTMLHeadingElement>(null);
  const seen = useRef(1);
  const { data: config } = useQuery(signupConfigQuery);
  useTitle(t("signUp.title"));

  // A step can be entered by its address too, but not before the ones that it needs.
  const namesGiven = draft.agencyName !== "" && draft.personName !== "";
  const reached = namesGiven ? (draft.agreed === undefined ? 2 : 3) : 1;
  const step = Math.min(wished, reached);

  useEffect(() => {
    if (seen.current !== step) heading.current?.focus();
    seen.current = step;
  }, [step]);

  useEffect(() => {
    if (wished !== step) void navigate({ to: "/sign-up", search: step === 1 ? {} : { step }, replace: true });
  }, [wished, step, navigate]);

  const go = useCallback(
    (to: number) => {
      void navigate({ to: "/sign-up", search: to === 1 ? {} : { step: to } });
    },
    [navigate],
  );
  const change = useCallback((part: Partial<SignUpDraft>) => {
    setDraft((before) => ({ ...before, ...part }));
  }, []);

  const titles = [t("signUp.names.title"), t("signUp.address.title"), t("signUp.password.title")];
  return (
    <PublicPage>
      <div className={classes["progress"]} aria-hidden="true">
        {titles.map((title, index) => (
          <span key={title} data-done={index < step} />
        ))}
      </div>
      <p className={form["step"]}>{t("signUp.step", { step, of: STEPS })}</p>
      <h1 ref={heading} tabIndex={-1} className={form["title"]}>
        {titles[step - 1]}
      </h1>
      {step === 1 && (
        <NamesStep
          draft={draft}
          onDone={(names) => {
            const same = names.agencyName === draft.agencyName && names.personName === draft.personName;
            // Other names call for another address, unless this one was typed by hand.
            change(same ? names : { ...names, agreed: undefined });
            go(2);
          }}
        />
      )}
      {step === 2 && (
        <AddressStep
          draft={draft}
          hostedDomain={config?.hostedDomain ?? ""}
          onChange={change}
          onBack={() => {
            go(1);
          }}
          onDone={(agreed) => {
            change({ agreed });
            go(3);
          }}
        />
      )}
      {step === 3 && (
        <PasswordStep
          draft={draft}
          minLength={config?.passwordMinLength ?? 10}
          onBack={() => {
            go(2);
          }}
          onAddressLost={() => {
            change({ agreed: undefined });
            go(2);
          }}
        />
      )}
      {step === 1 && (
        <p className={form["aside"]}>
          {t("signUp.haveAccount")}{" "}
          <Anchor component={Link} to="/sign-in" underline="always">
            {t("signUp.toSignIn")}
          </Anchor>
        </p>
      )}
    </PublicPage>
  );
}
