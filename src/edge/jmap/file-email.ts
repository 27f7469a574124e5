import { z } from "zod";
import type { TenantTx } from "../../db/index.ts";
import { MailError } from "../../kernel/error.ts";
import type { AccountId, EmailId, MailboxId, ThreadId } from "../../kernel/id.ts";
import {
  type Flags,
  fromKeywords,
  insertDeliveries,
  type PreparedMessage,
  setEmailMailboxes,
} from "../../mailstore/index.ts";
import { type JsonObject, printBlobId, printId } from "../../protocol/jmap/index.ts";
import { mailboxIdOf } from "./ids.ts";
import { MAX_KEYWORDS_PER_EMAIL, MAX_MAILBOXES_PER_EMAIL } from "./jmap-limits.ts";
import { actualId, type JmapContext } from "./method.ts";
import { invalidProperties, SetRefusal } from "./set-result.ts";

const TrueMap = z.record(z.string(), z.literal(true));

/** RFC 8621 §4.1.1: printable US-ASCII without what IMAP's flags can't have. */
const KEYWORD = /^[\x21\x23\x24\x26\x27\x2b-\x5b\x5e-\x7a\x7c\x7e]{1,255}$/;

/** Stored flags from `keywords`. @throws {SetRefusal} invalidProperties, tooManyKeywords */
export function parseKeywords(value: unknown): Flags {
  const parsed = TrueMap.safeParse(value ?? {});
  if (!parsed.success) throw invalidProperties(["keywords"]);
  const names = Object.keys(parsed.data);
  if (!names.every((name) => KEYWORD.test(name))) throw invalidProperties(["keywords"]);
  if (names.length > MAX_KEYWORDS_PER_EMAIL) throw new SetRefusal({ type: "tooManyKeywords" });
  return fromKeywords(names);
}

/** The mailboxes of `mailboxIds`, each known to be one of the account's.
 * @throws {SetRefusal} invalidProperties (none, or one that there isn't), tooManyMailboxes */
export function parseMailboxIds(
  context: JmapContext,
  value: unknown,
  existing: ReadonlySet<MailboxId>,
): MailboxId[] {
  const parsed = TrueMap.safeParse(value);
  if (!parsed.success) throw invalidProperties(["mailboxIds"]);
  const ids = Object.keys(parsed.data).map((id) => mailboxIdOf(actualId(context, id) ?? ""));
  const known = ids.filter((id) => id !== null && existing.has(id)).filter((id) => id !== null);
  if (known.length !== ids.length || known.length === 0) throw invalidProperties(["mailboxIds"]);
  if (known.length > MAX_MAILBOXES_PER_EMAIL) throw new SetRefusal({ type: "tooManyMailboxes" });
  return [...new Set(known)];
}

export interface Filing {
  readonly mailboxIds: readonly MailboxId[];
  readonly flags: Flags;
  /** milliseconds since the epoch */
  readonly receivedAt: number;
}

export interface FiledEmail {
  readonly id: EmailId;
  readonly threadId: ThreadId;
  readonly size: number;
}

/** Puts a prepared message into mailboxes of an account, in the caller's transaction.
 * @throws {MailError} quota_exceeded, mailbox_unknown, account_unknown */
export async function fileEmail(
  tx: TenantTx,
  accountId: AccountId,
  message: PreparedMessage,
  { mailboxIds, flags, receivedAt }: Filing,
): Promise<FiledEmail> {
  const [first, ...others] = mailboxIds;
  if (first === undefined) throw new MailError("mailbox_unknown");
  const delivery = { accountId, mailbox: { id: first }, flags, receivedAt };
  const [outcome] = await insertDeliveries(tx, message, [delivery]);
  if (outcome?.outcome !== "delivered") {
    if (outcome?.outcome === "over_quota") throw new MailError("quota_exceeded", { accountId });
    throw new MailError(outcome?.outcome === "no_mailbox" ? "mailbox_unknown" : "account_unknown", {
      accountId,
    });
  }
  if (others.length > 0) await setEmailMailboxes(tx, accountId, outcome.emailId, mailboxIds);
  return { id: outcome.emailId, threadId: outcome.threadId, size: message.structure.size };
}

/** What the server says of an email that it made (RFC 8621 §4.6). */
export function createdEmail(email: FiledEmail): JsonObject {
  return {
    id: printId("email", email.id),
    blobId: printBlobId({ kind: "email", emailId: email.id, slice: null }),
    threadId: printId("thread", email.threadId),
    size: email.size,
  };
}
