import type { BareName, Command } from "./command.ts";
import type { CommandText } from "./command-text.ts";
import type { NameEncoding } from "./mailbox-name.ts";
import { mailboxAndIdentifier, setAcl } from "./parse-acl.ts";
import { list, lsub, status } from "./parse-list.ts";
import { append, copy, fetch, replace, store } from "./parse-message-commands.ts";
import { getMetadata, setMetadata } from "./parse-metadata.ts";
import { notify } from "./parse-notify.ts";
import { getQuota, setQuota } from "./parse-quota.ts";
import { search, sort, thread } from "./parse-search.ts";
import {
  authenticate,
  compress,
  create,
  enable,
  id,
  login,
  oneMailbox,
  rename,
  select,
} from "./parse-session-commands.ts";
import { Scanner, attempt } from "./scanner.ts";
import { sequenceSet } from "./sequence-set.ts";

/** A command, or where and why it is none. `tag` is there when at least that could be read. */
export type ParsedCommand =
  | { readonly ok: true; readonly value: Command }
  | {
      readonly ok: false;
      readonly at: number;
      readonly expected: string;
      readonly tag: string | undefined;
    };

/** Reads what follows the name of a command; that begins with its space. */
type Grammar = (s: Scanner, tag: string, encoding: NameEncoding) => Command;

const BARE: readonly BareName[] = [
  "CAPABILITY",
  "CHECK",
  "CLOSE",
  "EXPUNGE",
  "GETJMAPACCESS",
  "IDLE",
  "LOGOUT",
  "NAMESPACE",
  "NOOP",
  "STARTTLS",
  "UNSELECT",
];

const COMMANDS = new Map<string, Grammar>([
  ...BARE.map((name): [string, Grammar] => [name, (_, tag) => ({ tag, name })]),
  ["APPEND", (s, tag, encoding) => ({ tag, name: "APPEND", ...append(s, encoding) })],
  ["AUTHENTICATE", (s, tag) => ({ tag, name: "AUTHENTICATE", ...authenticate(s) })],
  ["COMPRESS", (s, tag) => ({ tag, name: "COMPRESS", ...compress(s) })],
  ["COPY", (s, tag, encoding) => ({ tag, name: "COPY", ...copy(s, false, encoding) })],
  ["CREATE", (s, tag, encoding) => ({ tag, name: "CREATE", ...create(s, encoding) })],
  ["DELETE", (s, tag, encoding) => ({ tag, name: "DELETE", ...oneMailbox(s, encoding) })],
  ["DELETEACL", (s, tag, encoding) => ({ tag, name: "DELETEACL", ...mailboxAndIdentifier(s, encoding) })],
  ["ENABLE", (s, tag) => ({ tag, name: "ENABLE", ...enable(s) })],
  ["EXAMINE", (s, tag, encoding) => ({ tag, name: "EXAMINE", ...select(s, encoding) })],
  ["FETCH", (s, tag) => ({ tag, name: "FETCH", ...fetch(s, false) })],
  ["GETMETADATA", (s, tag, encoding) => ({ tag, name: "GETMETADATA", ...getMetadata(s, encoding) })],
  ["GETQUOTA", (s, tag) => ({ tag, name: "GETQUOTA", ...getQuota(s) })],
  ["GETQUOTAROOT", (s, tag, encoding) => ({ tag, name: "GETQUOTAROOT", ...oneMailbox(s, encoding) })],
  ["GETACL", (s, tag, encoding) => ({ tag, name: "GETACL", ...oneMailbox(s, encoding) })],
  ["ID", (s, tag) => ({ tag, name: "ID", ...id(s) })],
  ["LIST", (s, tag, encoding) => ({ tag, name: "LIST", ...list(s, encoding) })],
  ["LISTRIGHTS", (s, tag, encoding) => ({ tag, name: "LISTRIGHTS", ...mailboxAndIdentifier(s, encoding) })],
  ["LOGIN", (s, tag) => ({ tag, name: "LOGIN", ...login(s) })],
  ["LSUB", (s, tag, encoding) => ({ tag, name: "LSUB", ...lsub(s, encoding) })],
  ["MOVE", (s, tag, encoding) => ({ tag, name: "MOVE", ...copy(s, false, encoding) })],
  ["MYRIGHTS", (s, tag, encoding) => ({ tag, name: "MYRIGHTS", ...oneMailbox(s, encoding) })],
  ["NOTIFY", (s, tag, encoding) => ({ tag, name: "NOTIFY", ...notify(s, encoding) })],
  ["RENAME", (s, tag, encoding) => ({ tag, name: "RENAME", ...rename(s, encoding) })],
  ["REPLACE", (s, tag, encoding) => ({ tag, name: "REPLACE", ...replace(s, false, encoding) })],
  ["SEARCH", (s, tag) => ({ tag, name: "SEARCH", ...search(s, false) })],
  ["SELECT", (s, tag, encoding) => ({ tag, name: "SELECT", ...select(s, encoding) })],
  ["SETMETADATA", (s, tag, encoding) => ({ tag, name: "SETMETADATA", ...setMetadata(s, encoding) })],
  ["SETQUOTA", (s, tag) => ({ tag, name: "SETQUOTA", ...setQuota(s) })],
  ["SETACL", (s, tag, encoding) => ({ tag, name: "SETACL", ...setAcl(s, encoding) })],
  ["SORT", (s, tag) => ({ tag, name: "SORT", ...sort(s, false) })],
  ["STATUS", (s, tag, encoding) => ({ tag, name: "STATUS", ...status(s, encoding) })],
  ["STORE", (s, tag) => ({ tag, name: "STORE", ...store(s, false) })],
  ["SUBSCRIBE", (s, tag, encoding) => ({ tag, name: "SUBSCRIBE", ...oneMailbox(s, encoding) })],
  ["THREAD", (s, tag) => ({ tag, name: "THREAD", ...thread(s, false) })],
  ["UID", uidCommand],
  ["UNSUBSCRIBE", (s, tag, encoding) => ({ tag, name: "UNSUBSCRIBE", ...oneMailbox(s, encoding) })],
]);

/** Commands that UID may stand before (RFC 9051 §6.4.9). */
const UID_COMMANDS = new Map<string, Grammar>([
  ["COPY", (s, tag, encoding) => ({ tag, name: "COPY", ...copy(s, true, encoding) })],
  ["EXPUNGE", uidExpunge],
  ["FETCH", (s, tag) => ({ tag, name: "FETCH", ...fetch(s, true) })],
  ["MOVE", (s, tag, encoding) => ({ tag, name: "MOVE", ...copy(s, true, encoding) })],
  ["REPLACE", (s, tag, encoding) => ({ tag, name: "REPLACE", ...replace(s, true, encoding) })],
  ["SEARCH", (s, tag) => ({ tag, name: "SEARCH", ...search(s, true) })],
  ["SORT", (s, tag) => ({ tag, name: "SORT", ...sort(s, true) })],
  ["STORE", (s, tag) => ({ tag, name: "STORE", ...store(s, true) })],
  ["THREAD", (s, tag) => ({ tag, name: "THREAD", ...thread(s, true) })],
]);

function uidCommand(s: Scanner, tag: string, encoding: NameEncoding): Command {
  s.space();
  return named(UID_COMMANDS, "a command that takes UIDs", s, tag, encoding);
}

function uidExpunge(s: Scanner, tag: string): Command {
  s.space();
  return { tag, name: "UID EXPUNGE", set: sequenceSet(s) };
}

function named(
  table: ReadonlyMap<string, Grammar>,
  expected: string,
  s: Scanner,
  tag: string,
  encoding: NameEncoding,
): Command {
  const start = s.at;
  const grammar = table.get(s.word(expected)) ?? s.fail(expected, start);
  return grammar(s, tag, encoding);
}

/** Parses one command that `CommandReader` cut out, or the part of it before a streamed literal. Never throws. */
export function parseCommand(text: CommandText, encoding: NameEncoding): ParsedCommand {
  const s = new Scanner(text);
  const tag = attempt(() => {
    const value = s.tag();
    // "a+b" is no tag, and neither is its beginning.
    if (!s.atEnd && s.peek() !== " ") s.fail("a tag");
    return value;
  });
  if (!tag.ok) return { ...tag, tag: undefined };
  const command = attempt(() => {
    s.space();
    const value = named(COMMANDS, "a command", s, tag.value, encoding);
    s.end();
    return value;
  });
  return command.ok ? command : { ...command, tag: tag.value };
}

/** The tag of a command that was refused before it was whole; undefined when there is none. */
export function tagOf(start: Uint8Array): string | undefined {
  const s = new Scanner({ bytes: start, streamed: [] });
  const tag = attempt(() => {
    const value = s.tag();
    s.space();
    return value;
  });
  return tag.ok ? tag.value : undefined;
}
