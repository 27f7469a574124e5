import type { AppendMessage, CommandArgs, StoreAction } from "./command.ts";
import { dateTime } from "./date-time.ts";
import { fetchItems } from "./fetch-item.ts";
import { flagList, storeFlags } from "./flag.ts";
import { type NameEncoding, mailboxName } from "./mailbox-name.ts";
import { type PartialRange, partialRange } from "./partial-range.ts";
import type { Scanner } from "./scanner.ts";
import { STAR, sequenceSet } from "./sequence-set.ts";

/** Most messages in one APPEND (RFC 3502); a limit of ours. */
const MAX_APPENDED = 1_000;

/** Reads the arguments of APPEND; several messages as in RFC 3502. */
export function append(s: Scanner, encoding: NameEncoding): CommandArgs["APPEND"] {
  s.space();
  const mailbox = mailboxName(s, encoding);
  const messages: AppendMessage[] = [];
  do {
    if (messages.length === MAX_APPENDED) s.fail(`at most ${MAX_APPENDED} messages`);
    messages.push(appendMessage(s));
  } while (!s.atEnd);
  return { mailbox, messages };
}

function appendMessage(s: Scanner): AppendMessage {
  s.space();
  let flags: readonly string[] = [];
  if (s.peek() === "(") {
    flags = flagList(s);
    s.space();
  }
  let internalMs: number | undefined;
  if (s.peek() === '"') {
    internalMs = dateTime(s);
    s.space();
  }
  if (s.skipWord("UTF8")) return { flags, internalMs, ...utf8Literal(s) };
  if (s.peek() !== "{" && s.peek() !== "~") s.fail("the message as a literal");
  return { flags, internalMs, content: s.literal() };
}

/** Reads on behind `UTF8` (RFC 6855 §4). What comes before a streamed literal is a command that ends inside. */
function utf8Literal(s: Scanner): Pick<AppendMessage, "content" | "isOpen"> {
  s.space();
  s.expect("(");
  if (s.peek() !== "~") s.fail("the message as a literal8");
  const content = s.literal();
  if (s.atEnd && !(content instanceof Uint8Array)) return { content, isOpen: true };
  s.expect(")");
  return { content };
}

/** Reads the arguments of REPLACE (RFC 8508 §5): the message that goes, and the one that comes. */
export function replace(s: Scanner, uid: boolean, encoding: NameEncoding): CommandArgs["REPLACE"] {
  s.space();
  const number = s.skip("*") ? STAR : s.nonZero("a message number or *");
  s.space();
  const mailbox = mailboxName(s, encoding);
  return { uid, set: [{ first: number, last: number }], mailbox, messages: [appendMessage(s)] };
}

/** Reads the arguments of COPY and MOVE. */
export function copy(s: Scanner, uid: boolean, encoding: NameEncoding): CommandArgs["COPY"] {
  s.space();
  const set = sequenceSet(s);
  s.space();
  return { uid, set, mailbox: mailboxName(s, encoding) };
}

/** Reads the arguments of FETCH (RFC 9051 §6.4.5; CHANGEDSINCE and VANISHED of RFC 7162, PARTIAL of RFC 9394). */
export function fetch(s: Scanner, uid: boolean): CommandArgs["FETCH"] {
  s.space();
  const set = sequenceSet(s);
  s.space();
  const items = fetchItems(s);
  return { uid, set, items, ...fetchModifiers(s, uid) };
}

type FetchModifiers = Pick<CommandArgs["FETCH"], "changedSince" | "vanished" | "partial">;

function fetchModifiers(s: Scanner, uid: boolean): FetchModifiers {
  let changedSince: number | undefined;
  let partial: PartialRange | undefined;
  let vanished = false;
  if (s.skip(" ")) {
    const start = s.at;
    const modifiers = s.list(() => {
      if (changedSince === undefined && s.skipWord("CHANGEDSINCE")) {
        s.space();
        changedSince = s.number64();
      } else if (uid && !vanished && s.skipWord("VANISHED")) vanished = true;
      else if (uid && partial === undefined && s.skipWord("PARTIAL")) {
        s.space();
        partial = partialRange(s);
      } else s.fail("CHANGEDSINCE, and with UIDs VANISHED or PARTIAL");
    });
    if (modifiers.length === 0) s.fail("CHANGEDSINCE or PARTIAL", start);
    if (vanished && changedSince === undefined) s.fail("VANISHED with CHANGEDSINCE", start);
  }
  return { changedSince, ...(vanished ? { vanished } : {}), ...(partial === undefined ? {} : { partial }) };
}

/** Reads the arguments of STORE (RFC 9051 §6.4.6; UNCHANGEDSINCE of RFC 7162). */
export function store(s: Scanner, uid: boolean): CommandArgs["STORE"] {
  s.space();
  const set = sequenceSet(s);
  s.space();
  let unchangedSince: number | undefined;
  if (s.peek() === "(") {
    s.list(() => {
      if (!s.skipWord("UNCHANGEDSINCE")) s.fail("UNCHANGEDSINCE");
      s.space();
      unchangedSince = s.number64();
    });
    s.space();
  }
  let action: StoreAction = "replace";
  if (s.skip("+")) action = "add";
  else if (s.skip("-")) action = "remove";
  const silent = s.skipWord("FLAGS.SILENT");
  if (!silent && !s.skipWord("FLAGS")) s.fail("FLAGS");
  s.space();
  return { uid, set, action, silent, flags: storeFlags(s), unchangedSince };
}
