import { ActionIcon, Alert, Button, Loader } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { HeldItem } from "../../../src/contract/quarantine.ts";
import { explain } from "../../app/explain.ts";
import { toast } from "../../ui/toast.tsx";
import { useTitle } from "../../ui/use-title.ts";
import form from "../../ui/form.module.css";
import page from "../settings/settings-page.module.css";
import { codeOf, decideHeld, heldQuery } from "./held-data.ts";
import { HeldFacts } from "./held-facts.tsx";
import classes from "./held.module.css";

/** The messages that are held for the person who is signed in. */
export function HeldPage(): React.ReactNode {
  const { t } = useTranslation();
  useTitle(t("held.title"));
  return (
    <main className={page["page"]}>
      <header className={page["head"]}>
        <ActionIcon
          component={Link}
          to="/mail/inbox"
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t("settings.back")}
        >
          <IconArrowLeft size={21} />
        </ActionIcon>
        <h1>{t("held.title")}</h1>
      </header>
      <p className={classes["lead"]}>{t("held.lead")}</p>
      <HeldListing />
    </main>
  );
}

function HeldListing(): React.ReactNode {
  const { t } = useTranslation();
  const held = useInfiniteQuery(heldQuery);
  if (held.isPending) return <Loader mt="lg" aria-label={t("loading")} />;
  if (held.data === undefined)
    return (
      <>
        <Alert role="alert" className={form["failure"] ?? ""} variant="outline" color="brick">
          {explain(t, held.error)}
        </Alert>
        <Button className={classes["more"] ?? ""} onClick={() => void held.refetch()}>
          {t("retry")}
        </Button>
      </>
    );
  const items = held.data.pages.flatMap((one) => one.items);
  if (items.length === 0)
    return (
      <p className={form["note"]} role="status">
        {t("held.none")}
      </p>
    );
  return (
    <>
      <ul className={classes["list"]}>
        {items.map((item) => (
          <HeldCard key={item.id} item={item} />
        ))}
      </ul>
      {held.hasNextPage && (
        <Button
          variant="default"
          className={classes["more"] ?? ""}
          loading={held.isFetchingNextPage}
          onClick={() => void held.fetchNextPage()}
        >
          {t("held.more")}
        </Button>
      )}
    </>
  );
}

function HeldCard({ item }: { readonly item: HeldItem }): React.ReactNode {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const subject = item.subject === "" ? t("message.noSubject") : item.subject;
  const { mutate, isPending, variables } = useMutation({
    mutationFn: async (action: "release" | "delete") => decideHeld(item.id, action),
    onSuccess: ({ state }) => {
      toast({ message: t(state === "released" ? "held.end.released.title" : "held.end.deleted.title") });
    },
    onError: (error) => {
      const isClosed = codeOf(error) === "held_closed";
      toast({ kind: "failure", message: isClosed ? t("held.end.decided.title") : explain(t, error) });
    },
    onSettled: async () => queryClient.invalidateQueries({ queryKey: heldQuery.queryKey }),
  });
  const button = (action: "release" | "delete"): React.ReactNode => (
    <Button
      variant={action === "release" ? "filled" : "default"}
      aria-label={`${t(`held.${action}`)}: ${subject}`}
      loading={isPending && variables === action}
      disabled={isPending}
      onClick={() => {
        mutate(action);
      }}
    >
      {t(`held.${action}`)}
    </Button>
  );
  return (
    <li className={classes["card"]}>
      <h2>{subject}</h2>
      <HeldFacts {...item} />
      {!item.userMayRelease && <p className={classes["note"]}>{t("held.onlyAdministrator")}</p>}
      <div className={classes["buttons"]}>
        {item.userMayRelease && button("release")}
        {button("delete")}
      </div>
    </li>
  );
}
