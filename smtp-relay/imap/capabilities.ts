import { NEW_RIGHTS } from "../../src/protocol/imap/index.ts";
import { mechanismsOf } from "../sign-in/mechanisms.ts";
import type { ImapSession } from "./session.ts";

const ALWAYS = ["IMAP4rev1", "IMAP4rev2", "LITERAL+", "SASL-IR", "ENABLE", "ID", "IDLE"];

/** What works only for somebody. */
const SIGNED_IN = [
  "ACL",
  "BINARY",
  "CHILDREN",
  "CONDSTORE",
  "CREATE-SPECIAL-USE",
  "ESEARCH",
  "ESORT",
  "INPROGRESS",
  "LIST-EXTENDED",
  "LIST-METADATA",
  "LIST-MYRIGHTS",
  "LIST-STATUS",
  "METADATA",
  "METADATA-SERVER",
  "MOVE",
  "MULTIAPPEND",
  "NAMESPACE",
  "NOTIFY",
  "OBJECTID",
  "PARTIAL",
  "PREVIEW",
  "QRESYNC",
  "QUOTA",
  "QUOTA=RES-STORAGE",
  "REPLACE",
  `RIGHTS=${NEW_RIGHTS}`,
  "SAVEDATE",
  "SEARCHRES",
  "SORT",
  "SORT=DISPLAY",
  "SPECIAL-USE",
  "STATUS=SIZE",
  "THREAD=ORDEREDSUBJECT",
  "THREAD=REFERENCES",
  "UIDONLY",
  "UIDPLUS",
  "UNSELECT",
  "UTF8=ACCEPT",
  "WITHIN",
];

/** The capabilities as they are now, with a space between (RFC 9051 §6.1.1). Each of them works. */
export function capabilities(session: ImapSession): string {
  const { connection, deps } = session;
  if (session.principal !== undefined) {
    const deflate = connection.isCompressed ? [] : ["COMPRESS=DEFLATE"];
    const jmap = deps.jmapUrl === undefined ? [] : ["JMAPACCESS"];
    return [...ALWAYS, ...SIGNED_IN, ...deflate, ...jmap, `APPENDLIMIT=${deps.maxMessageBytes}`].join(" ");
  }
  const tls = connection.isSecure ? [] : ["STARTTLS"];
  const login = session.mayLogin ? mechanismsOf(connection).map((one) => `AUTH=${one}`) : ["LOGINDISABLED"];
  return [...ALWAYS, ...tls, ...login].join(" ");
}
