import { useEffect, useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { queryClient } from "../../app/query-client.ts";
import type { EmailSummary } from "../../app/jmap/objects.ts";
import { toast } from "../../ui/toast.tsx";
import { identitiesQuery } from "../mail/mail-data.ts";
import { useMail } from "../mail/mail-context.tsx";
import { formatAddress, sameAddress } from "./addresses.ts";
import { compose, isComposing, useOpenDraft } from "./compose-store.ts";
import { Composer } from "./composer.tsx";
import { abandonedCopies } from "./local-copies.ts";

const MAX_SUGGESTIONS = 300;

/** Holds the composer, and brings back what was left unsaved in this browser. */
export function ComposeLayer(): React.ReactNode {
  const { t } = useTranslation();
  const { jmap, session, folders } = useMail();
  const { data: identities } = useQuery(identitiesQuery(jmap));
  const draft = useOpenDraft();
  const draftsId = folders.find(({ role }) => role === "drafts")?.mailbox.id;
  const sentId = folders.find(({ role }) => role === "sent")?.mailbox.id;
  const suggestions = useMemo(() => (draft === undefined ? [] : knownPeople(session.address)), [draft?.key]);

  useEffect(() => {
    async function restore(): Promise<void> {
      const [left] = await abandonedCopies(session.address);
      if (left === undefined || isComposing()) return;
      compose(left, true);
      toast({ message: t("compose.restored") });
    }
    void restore();
  }, [session.address]);

  const identity = identities?.find(({ email }) => sameAddress(email, session.address)) ?? identities?.[0];
  if (draft === undefined || identity === undefined || draftsId === undefined || sentId === undefined)
    return null;
  return (
    <Composer
      key={draft.key}
      jmap={jmap}
      identity={identity}
      draftsId={draftsId}
      sentId={sentId}
      initial={draft}
      suggestions={suggestions}
    />
  );
}

/** People of the messages seen in this session, as `Name <address>`. */
function knownPeople(own: string): readonly string[] {
  const known = new Map<string, string>();
  for (const [, email] of queryClient.getQueriesData<EmailSummary | null>({ queryKey: ["email"] })) {
    for (const person of [...(email?.from ?? []), ...(email?.to ?? [])]) {
      if (!sameAddress(person.email, own)) known.set(person.email.toLowerCase(), formatAddress(person));
    }
  }
  return [...new Set(known.values())].slice(0, MAX_SUGGESTIONS);
}
