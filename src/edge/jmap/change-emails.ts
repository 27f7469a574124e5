import type { TenantTx } from "../../db/index.ts";
import type { AccountId, EmailId, MailboxId } from "../../kernel/id.ts";
import {
  type Email,
  expunge,
  FLAG,
  type Flags,
  moveEmails,
  readEmails,
  setEmailMailboxes,
  storeFlags,
  toKeywords,
} from "../../mailstore/index.ts";
import { applyPatch, type JsonObject, printId } from "../../protocol/jmap/index.ts";
import { parseKeywords, parseMailboxIds } from "./file-email.ts";
import { emailIdOf } from "./ids.ts";
import { actualId, type JmapContext } from "./method.ts";
import { invalidProperties, type SetError, setErrorOf, SetRefusal, type SetResult } from "./set-result.ts";

interface EmailWork {
  readonly tx: TenantTx;
  readonly context: JmapContext;
  readonly accountId: AccountId;
  /** of the account */
  readonly mailboxes: ReadonlySet<MailboxId>;
  readonly result: SetResult;
}

interface Change {
  readonly email: Email;
  readonly flags: Flags | null;
  readonly mailboxIds: readonly MailboxId[] | null;
}

const NOT_FOUND: SetError = { type: "notFound" };

/** Applies the patches of an Email/set: flags of many emails that end alike are one statement. */
export async function updateEmails(work: EmailWork, patches: ReadonlyMap<string, JsonObject>): Promise<void> {
  const { tx, accountId, result } = work;
  const wanted = [...patches].map(([id, patch]) => ({ id, emailId: emailIdOf(id), patch }));
  const ids = wanted.flatMap(({ emailId }) => emailId ?? []);
  const emails = new Map(
    (ids.length === 0 ? [] : await readEmails(tx, accountId, ids)).map((email) => [email.id, email]),
  );
  const changes: Change[] = [];
  for (const { id, emailId, patch } of wanted) {
    const email = emailId === null ? undefined : emails.get(emailId);
    if (email === undefined) {
      result.notUpdated[id] = NOT_FOUND;
      continue;
    }
    try {
      changes.push(readPatch(work, email, patch));
      result.updated[id] = null;
    } catch (error) {
      result.notUpdated[id] = setErrorOf(error);
    }
  }
  await storeAllFlags(work, changes);
  await moveAll(work, changes);
}

/** Moves that go the same way are a few statements together. */
async function moveAll({ tx, accountId }: EmailWork, changes: readonly Change[]): Promise<void> {
  const moves = new Map<string, { from: MailboxId; to: MailboxId; emailIds: EmailId[] }>();
  for (const { email, mailboxIds } of changes) {
    if (mailboxIds === null) continue;
    const [[from, alsoFrom], [to, alsoTo]] = [email.mailboxIds, mailboxIds];
    const isMove = alsoFrom === undefined && alsoTo === undefined;
    if (!isMove || from === undefined || to === undefined) {
      await setEmailMailboxes(tx, accountId, email.id, mailboxIds);
    } else if (from !== to) {
      const move = moves.get(`${from} ${to}`) ?? { from, to, emailIds: [] };
      move.emailIds.push(email.id);
      moves.set(`${from} ${to}`, move);
    }
  }
  for (const { from, to, emailIds } of moves.values()) await moveEmails(tx, accountId, emailIds, from, to);
}

/** @throws {SetRefusal} invalidPatch, invalidProperties, tooManyKeywords, tooManyMailboxes */
function readPatch(work: EmailWork, email: Email, patch: JsonObject): Change {
  const before = {
    keywords: Object.fromEntries(toKeywords(email.flags).map((name) => [name, true])),
    mailboxIds: Object.fromEntries(email.mailboxIds.map((id) => [printId("mailbox", id), true])),
  };
  const touched = new Set(Object.keys(patch).map((path) => path.split("/", 1)[0] ?? ""));
  const fixed = [...touched].filter((name) => name !== "keywords" && name !== "mailboxIds");
  // The rest of an email never changes (RFC 8621 §4.1).
  if (fixed.length > 0) throw invalidProperties(fixed);
  const patched = applyPatch(before, withActualIds(work.context, patch));
  if (!patched.ok) throw new SetRefusal({ type: "invalidPatch", description: patched.expected });
  const { keywords, mailboxIds } = patched.value;
  return {
    email,
    flags: touched.has("keywords") ? parseKeywords(keywords) : null,
    mailboxIds: touched.has("mailboxIds") ? parseMailboxIds(work.context, mailboxIds, work.mailboxes) : null,
  };
}

/** `mailboxIds/#new` names a mailbox that the same request made. */
function withActualIds(context: JmapContext, patch: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(patch).map(([path, value]) => {
      const id = path.startsWith("mailboxIds/#") ? path.slice("mailboxIds/".length) : undefined;
      return [id === undefined ? path : `mailboxIds/${actualId(context, id) ?? id}`, value];
    }),
  );
}

async function storeAllFlags({ tx, accountId }: EmailWork, changes: readonly Change[]): Promise<void> {
  const groups = new Map<string, { readonly flags: Flags; readonly emailIds: EmailId[] }>();
  for (const { email, flags } of changes) {
    if (flags === null) continue;
    // \Deleted is IMAP's own; JMAP can't see it and leaves it alone.
    const bits = flags.bits | (email.flags.bits & FLAG.deleted);
    const key = `${bits} ${flags.keywords.join(" ")}`;
    const group = groups.get(key) ?? { flags: { bits, keywords: flags.keywords }, emailIds: [] };
    group.emailIds.push(email.id);
    groups.set(key, group);
  }
  for (const { flags, emailIds } of groups.values())
    await storeFlags(tx, accountId, { emailIds }, { op: "replace", ...flags });
}

/** Takes emails out of all mailboxes of the account. */
export async function destroyEmails(work: EmailWork, ids: readonly string[]): Promise<void> {
  const { tx, accountId, context, result } = work;
  const wanted = new Map<EmailId, string>();
  for (const id of ids) {
    const emailId = emailIdOf(actualId(context, id) ?? "");
    if (emailId === null) result.notDestroyed[id] = NOT_FOUND;
    else wanted.set(emailId, id);
  }
  if (wanted.size === 0) return;
  const gone = await expunge(tx, accountId, { emailIds: [...wanted.keys()] }, "all");
  const goneIds = new Set(gone.map((placement) => placement.emailId));
  for (const [emailId, id] of wanted)
    if (goneIds.has(emailId)) result.destroyed.push(printId("email", emailId));
    else result.notDestroyed[id] = NOT_FOUND;
}
