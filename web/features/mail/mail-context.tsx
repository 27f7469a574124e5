import { createContext, use } from "react";
import type { Session } from "../../../src/contract/session.ts";
import type { Jmap } from "../../app/jmap/client.ts";
import type { Folder } from "./folders.ts";
import type { MailActions } from "./mail-actions.ts";

/** What every part of the mail screens needs. */
export interface Mail {
  readonly jmap: Jmap;
  readonly session: Session;
  readonly folders: readonly Folder[];
  readonly actions: MailActions;
}

const Context = createContext<Mail | undefined>(undefined);

export const MailProvider = Context.Provider;

export function useMail(): Mail {
  const mail = use(Context);
  if (mail === undefined) throw new Error("useMail outside of MailProvider");
  return mail;
}
