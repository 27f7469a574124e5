import type { TenantTx } from "../../../src/db/index.ts";
import { MailError } from "../../../src/kernel/error.ts";
import type { AccountId } from "../../../src/kernel/id.ts";
import {
  type Annotation,
  ANNOTATION_BYTES,
  type AnnotationSubject,
  setAnnotations,
} from "../../../src/mailstore/index.ts";
import type { CommandOf } from "../../../src/protocol/imap/index.ts";
import { longestOf, readAnnotations, tellAnnotations, valuesOf } from "../annotations.ts";
import { type CommandSpec, no, ok } from "../completion.ts";
import { findMailbox } from "../namespaces.ts";
import type { ImapSession } from "../session.ts";

/** The name of the server's, here the account's, own annotations. */
const SERVER = "";
const ADMIN = "/shared/admin";

/** RFC 5464 §4.2. */
export const getMetadata: CommandSpec<"GETMETADATA"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, command) {
    const { mailbox } = command;
    const found = await session.transaction(async (tx, accountId) =>
      readAnnotations(tx, accountId, [await subjectOf(tx, accountId, mailbox, "r")], command),
    );
    const all = mailbox === SERVER ? [...found, ...ofServer(session, command)] : found;
    await tellAnnotations(session, mailbox, valuesOf(command, all));
    const longest = longestOf(all);
    return longest === 0 ? ok("done") : ok("some are longer", `METADATA LONGENTRIES ${longest}`);
  },
};

/** RFC 5464 §4.3. What all who use a mailbox see is set by those who may change it. */
export const setMetadata: CommandSpec<"SETMETADATA"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, { mailbox, values }) {
    if (values.some(([, value]) => (value?.length ?? 0) > ANNOTATION_BYTES)) {
      return no("the value is too long", `METADATA MAXSIZE ${ANNOTATION_BYTES}`);
    }
    const changes = values.map(([entry, value]) => ({
      entry,
      isShared: isShared(entry),
      value: value ?? null,
    }));
    const forAll = changes.some((change) => change.isShared);
    const { of, modseq } = await session.transaction(async (tx, accountId) => {
      const subject = await subjectOf(tx, accountId, mailbox, forAll ? "rw" : "r");
      // What the server says to all is not for one of them to change.
      if (mailbox === SERVER && forAll) throw new MailError("forbidden", {});
      return { of: subject, modseq: await setAnnotations(tx, subject, accountId, changes) };
    });
    session.watch?.ownModseqs.add(modseq);
    session.changed(of.accountId);
    return ok("kept");
  },
};

const isShared = (entry: string): boolean => entry.startsWith("/shared/");

/** @param letters the rights that it takes @throws {MailError} mailbox_unknown, forbidden */
async function subjectOf(
  tx: TenantTx,
  accountId: AccountId,
  mailbox: string,
  letters: string,
): Promise<AnnotationSubject> {
  if (mailbox === SERVER) return { accountId, mailboxId: undefined };
  const named = await findMailbox(tx, accountId, mailbox, letters);
  return { accountId: named.accountId, mailboxId: named.box.id };
}

/** Whom to ask for help (RFC 5464 §6.2.1): the postmaster of one's own domain. */
function ofServer(session: ImapSession, { entries, depth, maxSize }: CommandOf<"GETMETADATA">): Annotation[] {
  const isAsked = entries.some((entry) => entry === ADMIN || (depth !== 0 && entry === "/shared"));
  if (!isAsked) return [];
  const domain = session.signedIn.address.split("@").at(-1) ?? "";
  const value = new TextEncoder().encode(`mailto:postmaster@${domain}`);
  const isLong = maxSize !== undefined && value.length > maxSize;
  return [{ mailboxId: undefined, entry: ADMIN, value: isLong ? undefined : value, size: value.length }];
}
