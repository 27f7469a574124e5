import { useEffect, useRef } from "react";
import { Alert, Anchor, Button, Loader } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { HeldLink } from "../../../src/contract/quarantine.ts";
import { explain } from "../../app/explain.ts";
import { PublicPage } from "../../ui/public-page.tsx";
import { useTitle } from "../../ui/use-title.ts";
import form from "../../ui/form.module.css";
import { codeOf, linkQuery, takeLink } from "./held-data.ts";
import { HeldFacts } from "./held-facts.tsx";
import classes from "./held.module.css";

/** What a link in a digest opens, without signing in. Programs that follow links to look at them change nothing: the button does. */
export function ReleasePage(): React.ReactNode {
  const token = useLocation({ select: (location) => location.hash });
  return (
    <PublicPage>
      <LinkContent key={token} token={token} />
    </PublicPage>
  );
}

function LinkContent({ token }: { readonly token: string }): React.ReactNode {
  const { t } = useTranslation();
  const { data: link, error, isFetching, refetch } = useQuery({ ...linkQuery(token), enabled: token !== "" });
  useTitle(t("held.title"));
  if (link !== undefined) return <Decision token={token} link={link} />;
  if (isFetching) return <Loader aria-label={t("loading")} />;
  const code = codeOf(error);
  if (token === "" || code === "link_invalid") return <Ended what="invalid" />;
  if (code === "link_expired") return <Ended what="linkExpired" />;
  return (
    <>
      <h1 className={form["title"]}>{t("held.title")}</h1>
      <Alert role="alert" className={form["failure"] ?? ""} variant="outline" color="brick">
        {explain(t, error)}
      </Alert>
      <div className={classes["buttons"]}>
        <Button onClick={() => void refetch()}>{t("retry")}</Button>
      </div>
    </>
  );
}

function Decision({ token, link }: { readonly token: string; readonly link: HeldLink }): React.ReactNode {
  const { t } = useTranslation();
  const failure = useRef<HTMLDivElement>(null);
  const { action } = link;
  const { mutate, data, error, isPending } = useMutation({ mutationFn: async () => takeLink(token) });
  const isClosed = codeOf(error) === "held_closed";
  useEffect(() => {
    if (error !== null) failure.current?.focus();
  }, [error]);
  const state = data?.state ?? link.state;
  if (state !== "waiting") return <Ended what={state} isNews={data !== undefined} />;
  if (isClosed) return <Ended what="decided" isNews />;
  return (
    <>
      <h1 className={form["title"]}>{t(`held.${action}Ask`)}</h1>
      <p className={form["lead"]}>{t(`held.${action}Lead`)}</p>
      {error !== null && (
        <Alert
          ref={failure}
          tabIndex={-1}
          role="alert"
          className={form["failure"] ?? ""}
          variant="outline"
          color="brick"
        >
          {explain(t, error)}
        </Alert>
      )}
      <section className={classes["card"]} aria-labelledby="held-subject">
        <h2 id="held-subject">{link.subject === "" ? t("message.noSubject") : link.subject}</h2>
        <HeldFacts {...link} />
      </section>
      <div className={classes["buttons"]}>
        <Button
          size="md"
          color={action === "delete" ? "brick" : "aegean"}
          loading={isPending}
          onClick={() => {
            mutate();
          }}
        >
          {t(`held.${action}`)}
        </Button>
      </div>
    </>
  );
}

type End = "released" | "deleted" | "expired" | "decided" | "invalid" | "linkExpired";

/** There is nothing (more) to decide. */
function Ended({ what, isNews = false }: { readonly what: End; readonly isNews?: boolean }): React.ReactNode {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  // The button that was pressed is gone: the outcome is read out.
  useEffect(() => {
    if (isNews) heading.current?.focus();
  }, [isNews]);
  return (
    <>
      <h1 ref={heading} tabIndex={-1} className={form["title"]}>
        {t(`held.end.${what}.title`)}
      </h1>
      <p className={form["lead"]}>{t(`held.end.${what}.text`)}</p>
      <p className={form["aside"]}>
        <Anchor component={Link} to={what === "released" ? "/mail/inbox" : "/held"} underline="always">
          {t(what === "released" ? "held.toInbox" : "held.toList")}
        </Anchor>
      </p>
    </>
  );
}
