import type { TenantTx } from "../../../src/db/index.ts";
import { MailError } from "../../../src/kernel/error.ts";
import type { AccountId } from "../../../src/kernel/id.ts";
import {
  type Annotation,
  ANNOTATION_BYTES,
  type AnnotationSubject,
  listAnnotations,
  setAnnotations,
} from "../../../src/mailstore/index.ts";
import { type AnnotationValue, type CommandOf, printMetadata } from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, no, ok } from "../completion.ts";
import { readTree } from "../mailbox-tree.ts";
import type { ImapSession } from "../session.ts";

/** The name of the server's, here the account's, own annotations. */
const SERVER = "";
const ADMIN = "/shared/admin";

/** RFC 5464 §4.2. */
export const getMetadata: CommandSpec<"GETMETADATA"> = {
  allowedIn: "authenticated",
  news: "hinted",
  async run(session, command) {
    const { mailbox, entries, depth, maxSize = ANNOTATION_BYTES } = command;
    const found = await session.transaction(async (tx, accountId) =>
      listAnnotations(tx, [await subjectOf(tx, accountId, mailbox)], accountId, {
        entries,
        depth,
        maxBytes: maxSize,
      }),
    );
    const all = mailbox === SERVER ? [...found, ...ofServer(session, command)] : found;
    const told = valuesOf(command, all);
    if (told.length > 0) await tell(session, mailbox, told);
    const longest = Math.max(0, ...all.filter(({ value }) => value === undefined).map(({ size }) => size));
    return longest === 0 ? ok("done") : ok("some are longer", `METADATA LONGENTRIES ${longest}`);
  },
};

/** RFC 5464 §4.3. */
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
    const { of: subject, modseq } = await session.transaction(async (tx, accountId) => {
      const of = await subjectOf(tx, accountId, mailbox);
      // What the server says to all is not for one of them to change.
      if (mailbox === SERVER && changes.some((change) => change.isShared))
        throw new MailError("forbidden", {});
      return { of, modseq: await setAnnotations(tx, of, accountId, changes) };
    });
    session.watch?.ownModseqs.add(modseq);
    session.changed(subject.accountId);
    return ok("kept");
  },
};

const isShared = (entry: string): boolean => entry.startsWith("/shared/");

/** @throws {MailError} mailbox_unknown */
async function subjectOf(tx: TenantTx, accountId: AccountId, mailbox: string): Promise<AnnotationSubject> {
  if (mailbox === SERVER) return { accountId, mailboxId: undefined };
  return { accountId, mailboxId: (await readTree(tx, accountId)).get(mailbox).box.id };
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

/** What was found, and NIL for each entry that was named and has no value. */
function valuesOf(
  { entries, depth }: CommandOf<"GETMETADATA">,
  found: readonly Annotation[],
): AnnotationValue[] {
  const names = new Set(found.map(({ entry }) => entry));
  const missing = depth === 0 ? entries.filter((entry) => !names.has(entry)) : [];
  return [
    ...found.filter(({ value }) => value !== undefined),
    ...missing.map((entry) => ({ entry, value: undefined })),
  ];
}

async function tell(
  session: ImapSession,
  mailbox: string,
  values: readonly AnnotationValue[],
): Promise<void> {
  for (const piece of printMetadata(mailbox, values, session.nameEncoding))
    await session.connection.write(piece);
}
