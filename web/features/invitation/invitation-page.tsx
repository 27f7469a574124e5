import { Alert, Anchor, Button, Loader, PasswordInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type AcceptInvitation, Invitation } from "../../../src/contract/invitations.ts";
import { SignedIn } from "../../../src/contract/session.ts";
import { PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from "../../../src/contract/signup.ts";
import { explain } from "../../app/explain.ts";
import { getJson, HttpProblem, postJson } from "../../app/http.ts";
import { currentLanguage } from "../../app/i18n.ts";
import { queryClient } from "../../app/query-client.ts";
import form from "../../ui/form.module.css";
import { PublicPage } from "../../ui/public-page.tsx";
import { useTitle } from "../../ui/use-title.ts";
import classes from "./invitation.module.css";

const pathOf = (token: string): string => `/invitations/${encodeURIComponent(token)}`;

/** Where an invitation leads: who invites, which address, and a password to choose. */
export function InvitationPage(): React.ReactNode {
  const { t } = useTranslation();
  const { token } = useParams({ from: "/invitation/$token" });
  useTitle(t("invitation.title"));
  const found = useQuery({
    queryKey: ["invitation", token],
    retry: false,
    queryFn: async ({ signal }) => getJson(pathOf(token), Invitation, signal),
  });
  const status = found.error instanceof HttpProblem ? found.error.problem.status : 0;
  return (
    <PublicPage>
      {found.data !== undefined ? (
        <Choice token={token} invitation={found.data} />
      ) : found.isPending ? (
        <Loader aria-label={t("loading")} />
      ) : status === 404 || status === 410 ? (
        <Ended what={status === 410 ? "expired" : "invalid"} />
      ) : (
        <>
          <h1 className={form["title"]}>{t("invitation.title")}</h1>
          <Alert role="alert" className={form["failure"] ?? ""} variant="outline" color="brick">
            {explain(t, found.error)}
          </Alert>
          <Button className={classes["retry"] ?? ""} onClick={() => void found.refetch()}>
            {t("retry")}
          </Button>
        </>
      )}
    </PublicPage>
  );
}

function Choice({
  token,
  invitation,
}: {
  readonly token: string;
  readonly invitation: Invitation;
}): React.ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [password, setPassword] = useState("");
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const [end, setEnd] = useState<"expired" | "invalid">();
  const alert = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const { agency, address, name } = invitation;
  const isShort = Array.from(password).length < PASSWORD_MIN_LENGTH;
  useEffect(() => {
    if (failure !== undefined) alert.current?.focus();
  }, [failure]);

  async function submit(): Promise<void> {
    setTried(true);
    setFailure(undefined);
    if (isShort) return field.current?.focus();
    setBusy(true);
    try {
      const wanted: AcceptInvitation = { password, locale: currentLanguage() };
      await postJson(pathOf(token), wanted, SignedIn);
      queryClient.clear();
      await navigate({ to: "/mail/$folder", params: { folder: "inbox" }, replace: true });
    } catch (error) {
      const { status } = error instanceof HttpProblem ? error.problem : { status: 0 };
      if (status === 404 || status === 410) setEnd(status === 410 ? "expired" : "invalid");
      else setFailure(status === 400 ? t("password.refused") : explain(t, error));
    } finally {
      setBusy(false);
    }
  }

  if (end !== undefined) return <Ended what={end} />;
  return (
    <>
      <p className={form["step"]}>{agency}</p>
      <h1 className={form["title"]}>{t("invitation.hello", { name })}</h1>
      <p className={form["lead"]}>{t("invitation.lead")}</p>
      <p className={classes["address"]}>{address}</p>
      {failure !== undefined && (
        <Alert
          ref={alert}
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
        <input type="text" name="username" autoComplete="username" value={address} readOnly hidden />
        <PasswordInput
          ref={field}
          size="md"
          label={t("invitation.password")}
          description={t("password.advice", { count: PASSWORD_MIN_LENGTH })}
          autoComplete="new-password"
          maxLength={PASSWORD_MAX_LENGTH}
          value={password}
          error={isTried && isShort ? t("password.tooShort", { count: PASSWORD_MIN_LENGTH }) : undefined}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": t("password.toggle"), tabIndex: 0 }}
        />
        <Button type="submit" size="md" loading={isBusy} fullWidth>
          {t("invitation.go")}
        </Button>
      </form>
    </>
  );
}

function Ended({ what }: { readonly what: "expired" | "invalid" }): React.ReactNode {
  const { t } = useTranslation();
  return (
    <>
      <h1 className={form["title"]}>{t(`invitation.end.${what}.title`)}</h1>
      <p className={form["lead"]}>{t(`invitation.end.${what}.text`)}</p>
      <p className={form["aside"]}>
        <Anchor component={Link} to="/sign-in" underline="always">
          {t("invitation.toSignIn")}
        </Anchor>
      </p>
    </>
  );
}
