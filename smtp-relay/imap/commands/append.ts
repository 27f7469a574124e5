import { MailError, WIRE } from "../../../src/kernel/error.ts";
import type { AccountId } from "../../../src/kernel/id.ts";
import {
  type Delivery,
  type PreparedMessage,
  deliver,
  insertDeliveries,
  listMailboxesAtOnce,
  type MailboxWithRoom,
  prepareMessage,
  readQuota,
  saysKind,
} from "../../../src/mailstore/index.ts";
import {
  type AppendMessage,
  type CommandOf,
  type CommandText,
  type LiteralStart,
  parseCommand,
  printRanges,
  rangesOf,
} from "../../../src/protocol/imap/index.ts";
import { type CommandSpec, type Completion, bad, no, ok } from "../completion.ts";
import { ConnectionClosed } from "../../listen/connection.ts";
import { changeableFlags, permitted, toFlags } from "../flags.ts";
import { IncomingLiteral } from "../incoming-literal.ts";
import { MailboxTree, ownBranch } from "../mailbox-tree.ts";
import { findTarget, isReserved } from "../namespaces.ts";
import { type Replaced, findReplaced, hideReplaced } from "../replaced-message.ts";
import type { ImapSession } from "../session.ts";

/** RFC 9051 §6.3.12, with MULTIAPPEND (RFC 3502). It is served while it is read: see `appendStreamed`. */
export const append: CommandSpec<"APPEND"> = {
  allowedIn: "authenticated",
  news: "none",
  run: async () => bad("send the message as a literal"),
};

/** RFC 8508. It is served as APPEND is, and may come within a mailbox or from one to another. */
export const replace: CommandSpec<"REPLACE"> = {
  allowedIn: "selected",
  news: "none",
  run: async () => bad("send the message as a literal"),
};

/** Most messages of one command: the small ones are held in memory until all are there. */
const MAX_MESSAGES = 100;

/** One message of the command: parsed and encrypted, and waiting for the others. */
interface Received {
  readonly message: PreparedMessage;
  readonly flags: Delivery["flags"];
  readonly receivedAt: number;
}

/**
 * Serves an APPEND or a REPLACE from the header of its first message on. A client that waits is told to go on only when there is
 * such a mailbox, and room in it. The octets go straight into the blob store, and one commit makes all messages exist.
 * @throws {MailError} also while the client still sends: whoever catches it has the rest skipped
 */
export async function appendStreamed(session: ImapSession, first: LiteralStart): Promise<Completion> {
  const received: Received[] = [];
  const head = parseAppend(session, first.text);
  const replaced = "name" in head && head.name === "REPLACE" ? await findReplaced(session, head) : undefined;
  if (replaced !== undefined && "is" in replaced) {
    session.reader.abandon(first);
    return replaced;
  }
  let literal = first;
  for (;;) {
    const command = parseAppend(session, literal.text);
    const refused =
      "name" in command ? await refuse(session, command, literal, received.length, replaced) : command;
    if (refused !== undefined || !("name" in command)) {
      session.reader.abandon(literal);
      return refused ?? bad("expected APPEND");
    }
    if (literal.synchronising) await session.send("+ go on");
    received.push(await receive(session, command, literal));
    const event = await session.nextEvent();
    if (event.kind === "literal") ({ literal } = event);
    else if (event.kind === "command") {
      const whole = parseAppend(session, event.text);
      if (!("name" in whole)) return whole;
      if (whole.messages.some(({ isOpen }) => isOpen)) return bad("expected )");
      return commit(session, whole.mailbox, received, replaced);
    } else return bad("the command is too long");
  }
}

type Appending = CommandOf<"APPEND"> | CommandOf<"REPLACE">;

function parseAppend(session: ImapSession, text: CommandText): Appending | Completion {
  const parsed = parseCommand(text, session.nameEncoding);
  if (!parsed.ok) return bad(`expected ${parsed.expected} at octet ${parsed.at}`);
  const { value } = parsed;
  return value.name === "APPEND" || value.name === "REPLACE" ? value : bad("expected APPEND");
}

/** Looks at all that can be wrong before the message itself is here. @returns undefined when nothing is */
async function refuse(
  session: ImapSession,
  { mailbox, messages }: Appending,
  literal: LiteralStart,
  count: number,
  replaced: Replaced | undefined,
): Promise<Completion | undefined> {
  if (count >= MAX_MESSAGES) return no(`at most ${MAX_MESSAGES} messages at once`, "LIMIT");
  if (toFlags(messages.at(-1)?.flags ?? []) === undefined) {
    return no("too many keywords, or a too long one", "LIMIT");
  }
  try {
    const { quota, accountId } = await readRoom(session, mailbox);
    const freed = replaced?.accountId === accountId ? replaced.sizeBytes : 0;
    const isOver = quota.usedBytes + literal.sizeBytes - freed > quota.quotaBytes;
    return isOver ? no(WIRE.quota_exceeded.text, WIRE.quota_exceeded.imap) : undefined;
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    return no(WIRE[error.code].text, WIRE[error.code].imap);
  }
}

interface Room {
  readonly accountId: AccountId;
  readonly quota: { readonly usedBytes: number; readonly quotaBytes: number };
}

/** Whose the mailbox is into which a message is to go, and how much there may be. @throws {MailError} target_unknown, forbidden */
async function readRoom(session: ImapSession, path: string): Promise<Room> {
  if (isReserved(path))
    return session.transaction(async (tx, me) => {
      const { accountId } = await findTarget(tx, me, path);
      return { quota: await readQuota(tx, accountId), accountId };
    });
  const { accountId, box } = await findOwn(session, path);
  return { quota: box, accountId };
}

/** One of the own mailboxes, in one round trip. @throws {MailError} target_unknown */
async function findOwn({ deps, signedIn }: ImapSession, path: string): Promise<OwnTarget> {
  const { tenantId, accountId } = signedIn;
  const boxes = await listMailboxesAtOnce(deps.store.db, tenantId, accountId);
  const id = new MailboxTree([ownBranch(accountId, boxes)]).find(path)?.box.id;
  const box = boxes.find((one) => one.id === id);
  if (box === undefined) throw new MailError("target_unknown", {});
  return { accountId, box };
}

interface OwnTarget {
  readonly accountId: AccountId;
  readonly box: MailboxWithRoom;
}

/** Takes one message in. @throws {MailError} unavailable; then the rest of the command has been read and dropped */
async function receive(
  session: ImapSession,
  { messages }: Appending,
  literal: LiteralStart,
): Promise<Received> {
  const { store } = session.deps;
  const described: AppendMessage | undefined = messages.at(-1);
  const source = new IncomingLiteral(session, literal.sizeBytes);
  try {
    const message = await prepareMessage(store, session.signedIn.tenantId, source);
    return {
      message,
      flags: toFlags(described?.flags ?? []) ?? { bits: 0, keywords: [] },
      receivedAt: described?.internalMs ?? store.clock(),
    };
  } catch (error) {
    if (session.connection.isClosed) throw new ConnectionClosed();
    await source.drain();
    await skipCommand(session);
    throw error;
  }
}

/** Reads on to the end of a command that has failed. */
async function skipCommand(session: ImapSession): Promise<void> {
  for (;;) {
    const event = await session.nextEvent();
    if (event.kind === "literal") {
      session.reader.abandon(event.literal);
      return;
    }
    if (event.kind === "command" || event.kind === "refused") return;
  }
}

/** One commit for all messages, and for what they replace. @throws {MailError} */
async function commit(
  session: ImapSession,
  path: string,
  received: readonly Received[],
  replaced: Replaced | undefined,
): Promise<Completion> {
  const [only, ...others] = received;
  const isPlain = replaced === undefined && others.length === 0 && !isReserved(path);
  if (only !== undefined && isPlain && !saysKind(only.flags.keywords))
    return commitAlone(session, path, only);
  const done = await session.transaction(async (tx, me) => {
    const target = await findTarget(tx, me, path);
    const { accountId } = target;
    const mayKeep = changeableFlags(target.rights);
    // First, so that the new one may have the room of the old one.
    if (replaced !== undefined) await hideReplaced(tx, session, replaced);
    const uids: number[] = [];
    for (const { message, flags, receivedAt } of received) {
      const mailbox = { id: target.box.id };
      const delivery: Delivery = { accountId, mailbox, flags: permitted(flags, mayKeep), receivedAt };
      const [outcome] = await insertDeliveries(tx, message, [delivery]);
      if (outcome?.outcome === "over_quota") throw new MailError("quota_exceeded", { accountId });
      if (outcome?.outcome !== "delivered") throw new MailError("mailbox_unknown", { accountId });
      uids.push(outcome.uid);
    }
    return { uids, accountId, uidValidity: target.box.uidValidity };
  });
  session.changed(done.accountId, ...(replaced === undefined ? [] : [session.box.accountId]));
  const code = `APPENDUID ${done.uidValidity} ${printRanges(rangesOf(done.uids))}`;
  if (replaced === undefined) return ok("stored", code);
  // RFC 8508 §4.3: told before the EXPUNGE, so that a client can match them.
  await session.send(`* OK [${code}] the new one is there`);
  return ok("replaced");
}

/** The same for what mail programs do most: one message into a mailbox of one's own. It may share its commit with others. */
async function commitAlone(
  session: ImapSession,
  path: string,
  { message, flags, receivedAt }: Received,
): Promise<Completion> {
  const { deps, signedIn } = session;
  const { accountId } = signedIn;
  const mailbox: Delivery["mailbox"] =
    path === "INBOX" ? { role: "inbox" } : { id: (await findOwn(session, path)).box.id };
  const delivery: Delivery = { accountId, mailbox, flags, receivedAt };
  const [outcome] = await deliver(deps.store, signedIn.tenantId, message, [delivery]);
  if (outcome?.outcome === "over_quota") throw new MailError("quota_exceeded", { accountId });
  if (outcome?.outcome !== "delivered") throw new MailError("target_unknown", { accountId });
  return ok("stored", `APPENDUID ${outcome.uidValidity} ${outcome.uid}`);
}
