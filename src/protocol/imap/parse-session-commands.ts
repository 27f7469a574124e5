import type { CommandArgs, SelectArgs } from "./command.ts";
import { type NameEncoding, mailboxName } from "./mailbox-name.ts";
import { type Resync, resync } from "./resync.ts";
import type { Scanner } from "./scanner.ts";

/** RFC 2971 §3.3: at most 30 pairs, fields of at most 30 octets, values of at most 1,024. */
const MAX_ID_PAIRS = 30;
const MAX_ID_VALUE = 1_024;

function text(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Reads the arguments of LOGIN. */
export function login(s: Scanner): CommandArgs["LOGIN"] {
  s.space();
  const user = text(s.astring());
  s.space();
  return { user, password: text(s.astring()) };
}

/** Reads the arguments of AUTHENTICATE, with the initial response of RFC 4959. */
export function authenticate(s: Scanner): CommandArgs["AUTHENTICATE"] {
  s.space();
  const mechanism = s.atom().toUpperCase();
  if (!s.skip(" ")) return { mechanism, initialResponse: undefined };
  const start = s.at;
  const initialResponse = s.atom();
  if (!/^(=|[A-Za-z0-9+/]+={0,2})$/.test(initialResponse)) s.fail("base64, or = for nothing", start);
  return { mechanism, initialResponse };
}

/** Reads the argument of COMPRESS (RFC 4978). */
export function compress(s: Scanner): CommandArgs["COMPRESS"] {
  s.space();
  return { algorithm: s.atom().toUpperCase() };
}

/** Reads the arguments of ENABLE (RFC 5161). */
export function enable(s: Scanner): CommandArgs["ENABLE"] {
  const capabilities: string[] = [];
  do {
    s.space();
    capabilities.push(s.atom().toUpperCase());
  } while (!s.atEnd);
  return { capabilities };
}

/** Reads the arguments of ID (RFC 2971). */
export function id(s: Scanner): CommandArgs["ID"] {
  s.space();
  const parameters = new Map<string, string | undefined>();
  if (s.skipWord("NIL")) return { parameters };
  const start = s.at;
  s.list(() => {
    const field = text(s.string()).slice(0, MAX_ID_PAIRS);
    s.space();
    const value = s.nstring();
    if (parameters.size === MAX_ID_PAIRS) s.fail(`at most ${MAX_ID_PAIRS} fields`, start);
    parameters.set(field, value === undefined ? undefined : text(value).slice(0, MAX_ID_VALUE));
  });
  return { parameters };
}

/** Reads one mailbox name. */
export function oneMailbox(s: Scanner, encoding: NameEncoding): { readonly mailbox: string } {
  s.space();
  return { mailbox: mailboxName(s, encoding) };
}

/** Reads the arguments of SELECT and EXAMINE (RFC 7162 §3.1.8 for CONDSTORE, §3.2.5 for QRESYNC). */
export function select(s: Scanner, encoding: NameEncoding): SelectArgs {
  const { mailbox } = oneMailbox(s, encoding);
  let condstore = false;
  let known: Resync | undefined;
  if (s.skip(" ")) {
    s.list(() => {
      if (s.skipWord("CONDSTORE")) condstore = true;
      else if (known === undefined && s.skipWord("QRESYNC")) {
        s.space();
        known = resync(s);
      } else s.fail("CONDSTORE or QRESYNC");
    });
  }
  return { mailbox, condstore, ...(known === undefined ? {} : { qresync: known }) };
}

/** Reads the arguments of CREATE, with the uses of RFC 6154 §3: `(USE (\Sent))`. */
export function create(s: Scanner, encoding: NameEncoding): CommandArgs["CREATE"] {
  const { mailbox } = oneMailbox(s, encoding);
  let specialUse: readonly string[] = [];
  if (s.skip(" ")) {
    s.list(() => {
      if (!s.skipWord("USE")) s.fail("USE");
      s.space();
      specialUse = s.list(() => {
        s.expect("\\");
        return `\\${s.atom()}`;
      });
    });
  }
  return { mailbox, specialUse };
}

/** Reads the arguments of RENAME. */
export function rename(s: Scanner, encoding: NameEncoding): CommandArgs["RENAME"] {
  s.space();
  const from = mailboxName(s, encoding);
  s.space();
  return { from, to: mailboxName(s, encoding) };
}
