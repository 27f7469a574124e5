import { mechanismsOf } from "../sign-in/mechanisms.ts";
import type { ImapSession } from "./session.ts";

const ALWAYS = ["IMAP4rev1", "IMAP4rev2", "LITERAL+", "SASL-IR", "ENABLE", "ID", "IDLE"];

/** What works only for somebody. */
const SIGNED_IN = [
  "BINARY",
  "BINARY",
  "CHILDREN",
  "CONDSTORE",
  "CREATE-SPECIAL-USE",
  "ESEARCH",
  "LIST-EXTENDED",
  "LIST-STATUS",
  "MOVE",
  "MULTIAPPEND",
  "NAMESPACE",
  "OBJECTID",
  "PREVIEW",
  "QUOTA",
  "QUOTA=RES-STORAGE",
  "REPLACE",
  "SAVEDATE",
  "SEARCHRES",
  "SPECIAL-USE",
  "STATUS=SIZE",
  "UIDPLUS",
  "UNSELECT",
  "UTF8=ACCEPT",
  "WITHIN",
];

/** The capabilities as they are now, with a space between (RFC 9051 §6.1.1). Each of them works. */
export function capabilities(session: ImapSession): string {
  const { connection, deps } = session;
  if (session.principal !== undefined) {
    return [...ALWAYS, ...SIGNED_IN, `APPENDLIMIT=${deps.maxMessageBytes}`].join(" ");
  }
  const tls = connection.isSecure ? [] : ["STARTTLS"];
  const login = session.mayLogin ? mechanismsOf(connection).map((one) => `AUTH=${one}`) : ["LOGINDISABLED"];
  return [...ALWAYS, ...tls, ...login].join(" ");
}
