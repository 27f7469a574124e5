import { useCallback, useMemo } from "react";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type Folder, findFolder } from "./folders.ts";
import { useMail } from "./mail-context.tsx";
import type { ListView } from "./search-query.ts";

/** Where in the mail somebody is, as the address bar says it, and how to get elsewhere. */
export interface MailPlace {
  readonly folder: Folder | undefined;
  /** the message that is open */
  readonly openId: string | undefined;
  readonly search: string;
  /** the search goes through all folders */
  readonly everywhere: boolean;
  /** what the list shows */
  readonly view: ListView | undefined;
  /** the same for the same list, for keys of React */
  readonly listName: string;
  /** @param id undefined: the list alone   @param replace in place of what is shown now, in the history too */
  readonly show: (id: string | undefined, replace?: boolean) => void;
  readonly goTo: (folder: string) => void;
  readonly searchFor: (search: string, everywhere: boolean) => void;
}

export function useMailPlace(): MailPlace {
  const { folders } = useMail();
  const navigate = useNavigate();
  const { folder: param = "inbox", emailId: openId } = useParams({ strict: false });
  const { q: search = "", all = false } = useSearch({ from: "/mail" });
  const everywhere = all && search !== "";
  const folder = findFolder(folders, param) ?? folders[0];
  const mailboxId = folder?.mailbox.id;

  const view = useMemo<ListView | undefined>(
    () => (mailboxId === undefined ? undefined : { mailboxId: everywhere ? null : mailboxId, search }),
    [mailboxId, everywhere, search],
  );
  const show = useCallback(
    (id: string | undefined, replace = false) => {
      const kept = { ...(search !== "" && { q: search }), ...(everywhere && { all: true }) };
      if (id === undefined) {
        void navigate({ to: "/mail/$folder", params: { folder: param }, search: kept, replace });
      } else {
        const params = { folder: param, emailId: id };
        void navigate({ to: "/mail/$folder/$emailId", params, search: kept, replace });
      }
    },
    [navigate, param, search, everywhere],
  );
  const goTo = useCallback(
    (name: string) => void navigate({ to: "/mail/$folder", params: { folder: name }, search: {} }),
    [navigate],
  );
  const searchFor = useCallback(
    (wanted: string, inAll: boolean) => {
      const next = { ...(wanted !== "" && { q: wanted }), ...(inAll && { all: true }) };
      void navigate({ to: "/mail/$folder", params: { folder: param }, search: next, replace: search !== "" });
    },
    [navigate, param, search],
  );
  const listName = `${param} ${everywhere} ${search}`;
  return { folder, openId, search, everywhere, view, listName, show, goTo, searchFor };
}
