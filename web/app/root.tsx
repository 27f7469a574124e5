import { Button } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { type ErrorComponentProps, Link, Outlet, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Announcer } from "../ui/announcer.tsx";
import { ConfirmDialog } from "../ui/confirm.tsx";
import { Wordmark } from "../ui/wordmark.tsx";
import { explain } from "./explain.ts";
import classes from "./root.module.css";

export function Root(): React.ReactNode {
  return (
    <>
      <Outlet />
      <Announcer />
      <ConfirmDialog />
      <Notifications position="bottom-left" containerWidth={400} zIndex={450} />
    </>
  );
}

export function MissingPage(): React.ReactNode {
  const { t } = useTranslation();
  return (
    <main className={classes["page"]}>
      <Wordmark height={30} />
      <h1>{t("missing.title")}</h1>
      <p>{t("missing.text")}</p>
      <Button component={Link} to="/">
        {t("missing.home")}
      </Button>
    </main>
  );
}

/** A page could not be loaded. */
export function FailurePage({ error }: ErrorComponentProps): React.ReactNode {
  const { t } = useTranslation();
  const router = useRouter();
  return (
    <main className={classes["page"]}>
      <Wordmark height={30} />
      <h1>{t("failure.title")}</h1>
      <p role="alert">{explain(t, error)}</p>
      <Button onClick={() => void router.invalidate()}>{t("retry")}</Button>
    </main>
  );
}
