import { z } from "zod";
import type { TenantTx } from "../../../db/index.ts";
import { MailError } from "../../../kernel/error.ts";
import type { AccountId, MailboxId } from "../../../kernel/id.ts";
import {
  bumpModseq,
  deleteMailbox,
  insertMailbox,
  listMailboxes,
  type Mailbox,
  type MailboxRole,
  readModseq,
  updateMailbox,
} from "../../../mailstore/index.ts";
import { applyPatch, type JsonObject, printId } from "../../../protocol/jmap/index.ts";
import { checkSetSize, SetArguments } from "../arguments.ts";
import { MAIL } from "../capability.ts";
import { mailboxIdOf } from "../ids.ts";
import { MAX_MAILBOX_DEPTH, MAX_MAILBOX_NAME_OCTETS } from "../jmap-limits.ts";
import { accountMethod, actualId, type JmapContext, JmapError } from "../method.ts";
import { invalidProperties, setErrorOf, SetRefusal, SetResult } from "../set-result.ts";
import { rightsOf, shownName } from "./mailbox-get.ts";

/** What a client may say about a mailbox; the rest is the server's (RFC 8621 §2). */
const Wanted = z.strictObject({
  name: z.string(),
  parentId: z.string().nullable().default(null),
  role: z.enum(["inbox", "drafts", "sent", "junk", "trash", "archive"]).nullable().default(null),
  sortOrder: z
    .int()
    .nonnegative()
    .max(2 ** 31 - 1)
    .default(100),
  isSubscribed: z.boolean().default(true),
});
type Wanted = z.output<typeof Wanted>;

interface Work {
  readonly tx: TenantTx;
  readonly context: JmapContext;
  readonly accountId: AccountId;
  readonly result: SetResult;
}

const octets = (text: string): number => new TextEncoder().encode(text).length;

/** The name as it is stored: Net-Unicode (RFC 5198), at most 255 octets (RFC 8621 §2), without control characters. */
function storedName(name: string, parentId: MailboxId | null): string {
  const nfc = name.normalize("NFC");
  const isBad =
    nfc.trim() === "" ||
    /[\p{Cc}\p{Cs}]/u.test(nfc) ||
    !nfc.isWellFormed() ||
    octets(nfc) > MAX_MAILBOX_NAME_OCTETS;
  if (isBad) throw invalidProperties(["name"]);
  // IMAP knows the inbox by this name in any letter case (RFC 9051 §5.1).
  if (parentId === null && nfc.toUpperCase() === "INBOX") throw new MailError("mailbox_exists", { name });
  return nfc;
}

function parseWanted(given: JsonObject): Wanted {
  const parsed = Wanted.safeParse(given);
  if (parsed.success) return parsed.data;
  const properties = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys : [String(issue.path[0] ?? "name")],
  );
  throw invalidProperties([...new Set(properties)]);
}

/** @throws {SetRefusal} when there is no such mailbox in the account, or it is nested too deeply */
async function parentOf(work: Work, given: string | null): Promise<MailboxId | null> {
  if (given === null) return null;
  const id = mailboxIdOf(actualId(work.context, given) ?? "");
  const boxes = new Map((await listMailboxes(work.tx, work.accountId)).map((box) => [box.id, box]));
  let depth = 0;
  for (let at = id; at !== null; at = boxes.get(at)?.parentId ?? null) {
    depth += 1;
    if (!boxes.has(at) || depth >= MAX_MAILBOX_DEPTH) throw invalidProperties(["parentId"]);
  }
  if (id === null) throw invalidProperties(["parentId"]);
  return id;
}

async function create(work: Work, creationId: string, given: JsonObject): Promise<void> {
  const { tx, accountId, context, result } = work;
  const wanted = parseWanted(given);
  const parentId = await parentOf(work, wanted.parentId);
  const name = storedName(wanted.name, parentId);
  if (wanted.role !== null && (await hasRole(work, wanted.role))) throw invalidProperties(["role"]);
  const box = await insertMailbox(tx, accountId, { ...wanted, name, parentId });
  const id = printId("mailbox", box.id);
  context.createdIds.set(creationId, id);
  const defaults = Object.fromEntries(
    Object.entries({ ...wanted, name }).filter(([key, value]) => given[key] !== value && key !== "parentId"),
  );
  const counts = { totalEmails: 0, unreadEmails: 0, totalThreads: 0, unreadThreads: 0 };
  result.created[creationId] = { id, ...defaults, ...counts, myRights: rightsOf(box) };
}

async function hasRole(work: Work, role: MailboxRole): Promise<boolean> {
  return (await listMailboxes(work.tx, work.accountId)).some((box) => box.role === role);
}

/** Makes mailboxes in an order in which each one's parent is there before it. */
async function createAll(work: Work, wanted: Readonly<Record<string, JsonObject>>): Promise<void> {
  const left = new Map(Object.entries(wanted));
  while (left.size > 0) {
    const next = [...left].find(([, { parentId }]) => {
      const reference =
        typeof parentId === "string" && parentId.startsWith("#") ? parentId.slice(1) : undefined;
      return reference === undefined || !left.has(reference);
    });
    // What is left refers to itself in a circle.
    const [creationId, given] = next ?? [...left][0] ?? ["", {}];
    left.delete(creationId);
    try {
      await create(work, creationId, given);
    } catch (error) {
      work.result.notCreated[creationId] = setErrorOf(error);
    }
  }
}

async function update(work: Work, id: string, patch: JsonObject): Promise<void> {
  const { tx, accountId, result } = work;
  const mailboxId = mailboxIdOf(id);
  const now = (await listMailboxes(tx, accountId)).find((box) => box.id === mailboxId);
  if (now === undefined) throw new MailError("mailbox_unknown", { id });
  const before = settable(now);
  const patched = applyPatch(before, patch);
  if (!patched.ok) throw new SetRefusal({ type: "invalidPatch", description: patched.expected });
  // null resets to the default, which for a name there is none of.
  const wanted = parseWanted({ ...withoutServerSet(now, patched.value) });
  if (wanted.role !== now.role) throw invalidProperties(["role"], "the role of a mailbox can't be changed");
  const isSameParent = wanted.parentId === before["parentId"];
  const parentId = isSameParent ? now.parentId : await parentOf(work, wanted.parentId);
  const isSameName = wanted.name === before["name"];
  const name = isSameName ? now.name : storedName(wanted.name, parentId);
  const { sortOrder, isSubscribed } = wanted;
  try {
    await updateMailbox(tx, accountId, now.id, { name, parentId, sortOrder, isSubscribed });
  } catch (error) {
    // A mailbox can't go below itself.
    if (error instanceof MailError && error.code === "invalid_input") throw invalidProperties(["parentId"]);
    throw error;
  }
  result.updated[id] = name === wanted.name ? null : { name };
}

function settable(box: Mailbox): JsonObject {
  return {
    name: shownName(box),
    parentId: box.parentId === null ? null : printId("mailbox", box.parentId),
    role: box.role,
    sortOrder: box.sortOrder,
    isSubscribed: box.isSubscribed,
  };
}

/** A client may repeat what the server set, as long as it is what it is (RFC 8620 §5.3). */
function withoutServerSet(box: Mailbox, patched: JsonObject): JsonObject {
  const { id, totalEmails, unreadEmails, ...rest } = patched;
  const isSame =
    (id === undefined || id === printId("mailbox", box.id)) &&
    (totalEmails === undefined || totalEmails === box.total) &&
    (unreadEmails === undefined || unreadEmails === box.unseen);
  return isSame ? rest : patched;
}

/** The deepest first, so that a mailbox and its children can go in one call. */
async function destroyAll(work: Work, ids: readonly string[], withEmails: boolean): Promise<void> {
  const boxes = new Map((await listMailboxes(work.tx, work.accountId)).map((box) => [box.id, box]));
  const depthOf = (id: MailboxId | null): number =>
    id === null ? 0 : 1 + depthOf(boxes.get(id)?.parentId ?? null);
  const wanted = ids.map((id) => ({ id, mailboxId: mailboxIdOf(actualId(work.context, id) ?? "") }));
  for (const { id, mailboxId } of wanted.toSorted((a, b) => depthOf(b.mailboxId) - depthOf(a.mailboxId))) {
    try {
      if (mailboxId === null) throw new MailError("mailbox_unknown", { id });
      await deleteMailbox(work.tx, work.accountId, mailboxId, withEmails);
      work.result.destroyed.push(printId("mailbox", mailboxId));
    } catch (error) {
      work.result.notDestroyed[id] = setErrorOf(error);
    }
  }
}

/** RFC 8621 §2.5. All of it is one transaction. */
export const mailboxSet = accountMethod(
  "Mailbox/set",
  MAIL,
  SetArguments.extend({ onDestroyRemoveEmails: z.boolean().default(false) }),
  async (context, args) => {
    checkSetSize(args);
    const { store } = context.deps;
    const { tenantId, accountId } = context.principal;
    const result = new SetResult();
    const [oldState, newState] = await store.db.tenant(tenantId, async (tx) => {
      // The account stays locked from here on, so the state that was compared is the state that is changed.
      const before = (await bumpModseq(tx, accountId)) - 1;
      if (args.ifInState !== undefined && args.ifInState !== null && args.ifInState !== String(before))
        throw new JmapError("stateMismatch");
      const work: Work = { tx, context, accountId, result };
      await createAll(work, args.create ?? {});
      for (const [id, patch] of Object.entries(args.update ?? {}))
        try {
          await update(work, actualId(context, id) ?? id, patch);
        } catch (error) {
          result.notUpdated[id] = setErrorOf(error);
        }
      await destroyAll(work, args.destroy ?? [], args.onDestroyRemoveEmails);
      return [before, await readModseq(tx, accountId)];
    });
    store.changes.committed(tenantId, [accountId]);
    return result.toResponse(args.accountId, String(oldState), String(newState));
  },
);
