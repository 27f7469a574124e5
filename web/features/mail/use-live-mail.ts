import { useEffect } from "react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { onSignedOut } from "../../app/http.ts";
import { queryClient } from "../../app/query-client.ts";
import { sessionQuery } from "../../app/session.ts";
import { announce } from "../../ui/announcer.tsx";
import { displayName } from "../compose/addresses.ts";
import { putAside } from "../compose/compose-store.ts";
import { useMail } from "./mail-context.tsx";
import { startSync } from "./sync.ts";

/** Keeps the screens as the server has them, says when mail comes in, and goes to the sign-in when the session ends. */
export function useLiveMail(): void {
  const { t } = useTranslation();
  const { jmap } = useMail();
  const navigate = useNavigate();

  useEffect(
    () =>
      startSync(jmap, (emails) => {
        const first = emails[0];
        const sender = first?.from?.[0];
        const name = sender === undefined ? "" : displayName(sender);
        announce(
          emails.length === 1 && first !== undefined
            ? t("list.newFrom", { name, subject: first.subject ?? "" })
            : t("list.newMany", { count: emails.length }),
        );
      }),
    [jmap, t],
  );

  useEffect(
    () =>
      onSignedOut(() => {
        if (queryClient.getQueryData(sessionQuery.queryKey) === null) return;
        queryClient.setQueryData(sessionQuery.queryKey, null);
        // The next to sign in here may be somebody else.
        putAside();
        const search = { ended: true, next: location.pathname };
        void navigate({ to: "/sign-in", search, replace: true });
      }),
    [navigate],
  );
}
