import type { CommandArgs, ListArgs, ListReturn, ListSelect, StatusItem } from "./command.ts";
import { type NameEncoding, mailboxName, mailboxPattern } from "./mailbox-name.ts";
import { listMetadata } from "./parse-metadata.ts";
import type { Scanner } from "./scanner.ts";

const STATUS_ITEMS: readonly string[] = [
  "MESSAGES",
  "UIDNEXT",
  "UIDVALIDITY",
  "UNSEEN",
  "RECENT",
  "DELETED",
  "SIZE",
  "HIGHESTMODSEQ",
  "MAILBOXID",
  "APPENDLIMIT",
  "DELETED-STORAGE",
] satisfies StatusItem[];

const SELECTS: readonly string[] = [
  "SUBSCRIBED",
  "REMOTE",
  "RECURSIVEMATCH",
  "SPECIAL-USE",
] satisfies ListSelect[];

const isStatusItem = (word: string): word is StatusItem => STATUS_ITEMS.includes(word);
const isListSelect = (word: string): word is ListSelect => SELECTS.includes(word);

/** Most patterns in one LIST; a limit of ours. */
const MAX_PATTERNS = 100;

/** Reads the items of STATUS: `(MESSAGES UNSEEN)`. */
function statusItems(s: Scanner): readonly StatusItem[] {
  const start = s.at;
  const items = s.list(() => {
    const at = s.at;
    const word = s.word("a status item");
    return isStatusItem(word) ? word : s.fail("a status item", at);
  });
  return items.length === 0 ? s.fail("a status item", start + 1) : [...new Set(items)];
}

/** Reads the arguments of STATUS (RFC 9051 §6.3.11). */
export function status(s: Scanner, encoding: NameEncoding): CommandArgs["STATUS"] {
  s.space();
  const mailbox = mailboxName(s, encoding);
  s.space();
  return { mailbox, items: statusItems(s) };
}

/** Reads the arguments of LSUB (RFC 3501 §6.3.9). */
export function lsub(s: Scanner, encoding: NameEncoding): CommandArgs["LSUB"] {
  s.space();
  const reference = mailboxPattern(s, encoding);
  s.space();
  return { reference, pattern: mailboxPattern(s, encoding) };
}

/** Reads the arguments of LIST in its basic and extended forms (RFC 9051 §6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 8440). */
export function list(s: Scanner, encoding: NameEncoding): ListArgs {
  s.space();
  let extended = false;
  let select: readonly ListSelect[] = [];
  if (s.peek() === "(") {
    extended = true;
    select = listSelects(s);
    s.space();
  }
  const reference = mailboxName(s, encoding);
  s.space();
  const patternsAt = s.at;
  const several = s.peek() === "(";
  const patterns = several ? s.list(() => mailboxPattern(s, encoding)) : [mailboxPattern(s, encoding)];
  if (patterns.length === 0) s.fail("a mailbox pattern", patternsAt + 1);
  if (patterns.length > MAX_PATTERNS) s.fail(`at most ${MAX_PATTERNS} patterns`, patternsAt);
  let returns: ListReturn = {
    subscribed: false,
    children: false,
    specialUse: false,
    myRights: false,
    status: [],
  };
  const returnsAt = s.at;
  if (s.skip(" ")) {
    extended = true;
    if (!s.skipWord("RETURN")) s.fail("RETURN", returnsAt + 1);
    s.space();
    returns = listReturn(s);
  }
  // RFC 9051 §6.3.9.1: what was selected by is told too.
  if (select.includes("SUBSCRIBED")) returns = { ...returns, subscribed: true };
  if (select.includes("SPECIAL-USE")) returns = { ...returns, specialUse: true };
  return { select, reference, patterns, returns, extended: extended || several };
}

function listSelects(s: Scanner): readonly ListSelect[] {
  const start = s.at;
  const words = s.list(() => {
    const at = s.at;
    const word = s.word("a list selection option");
    return isListSelect(word) ? word : s.fail("a list selection option", at);
  });
  // RFC 9051 §6.3.9.1: RECURSIVEMATCH modifies another option and can't stand alone (nor with REMOTE only).
  if (words.includes("RECURSIVEMATCH") && !words.includes("SUBSCRIBED") && !words.includes("SPECIAL-USE")) {
    s.fail("RECURSIVEMATCH together with SUBSCRIBED", start);
  }
  return [...new Set(words)];
}

function listReturn(s: Scanner): ListReturn {
  let subscribed = false;
  let children = false;
  let specialUse = false;
  let myRights = false;
  let items: readonly StatusItem[] = [];
  let metadata: ListReturn["metadata"];
  s.list(() => {
    const at = s.at;
    switch (s.word("a list return option")) {
      case "SUBSCRIBED":
        subscribed = true;
        break;
      case "CHILDREN":
        children = true;
        break;
      case "SPECIAL-USE":
        specialUse = true;
        break;
      case "MYRIGHTS":
        myRights = true;
        break;
      case "STATUS":
        s.space();
        items = statusItems(s);
        break;
      case "METADATA":
        s.space();
        metadata = listMetadata(s);
        break;
      default:
        s.fail("a list return option", at);
    }
  });
  const told = { subscribed, children, specialUse, myRights, status: items };
  return metadata === undefined ? told : { ...told, metadata };
}
