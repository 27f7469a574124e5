import { useMemo } from "react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Session } from "../../../src/contract/session.ts";
import { sessionQuery } from "../../app/session.ts";
import { orderFolders } from "./folders.ts";
import { mailActions } from "./mail-actions.ts";
import type { Mail } from "./mail-context.tsx";
import { jmapQuery, mailboxesQuery } from "./mail-data.ts";

/** The account of the person who is signed in; the route has loaded it already. */
export function useMailAccount(): Mail {
  const { t, i18n } = useTranslation();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data: jmap } = useSuspenseQuery(jmapQuery);
  const { data: mailboxes } = useSuspenseQuery(mailboxesQuery(jmap));
  const folders = useMemo(() => orderFolders(mailboxes, t, i18n.language), [mailboxes, t, i18n.language]);
  const actions = useMemo(() => mailActions(jmap, t), [jmap, t]);
  return useMemo(() => {
    const nobody: Session = {
      address: "",
      name: "",
      tenantName: "",
      locale: "en",
      roles: [],
      permissions: [],
      domains: null,
      support: null,
    };
    return { jmap, session: session ?? nobody, folders, actions };
  }, [jmap, session, folders, actions]);
}
