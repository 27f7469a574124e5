import { mechanismsOf } from "../sign-in/mechanisms.ts";
import type { Pop3Session } from "./session.ts";

/** What is the same in both states (RFC 2449 §6, RFC 3206, RFC 6856). Each of it works. */
const ALWAYS = [
  "TOP",
  "UIDL",
  "RESP-CODES",
  "AUTH-RESP-CODE",
  "PIPELINING",
  "EXPIRE NEVER",
  "UTF8 USER",
  "IMPLEMENTATION Angelia",
];

/** The capabilities as they are now, one a line. */
export function capabilities(session: Pop3Session): readonly string[] {
  if (session.signedIn !== undefined) return ALWAYS;
  const tls = session.connection.isSecure ? [] : ["STLS"];
  const login = session.mayLogin ? ["USER", `SASL ${mechanismsOf(session.connection).join(" ")}`] : [];
  return [...ALWAYS, ...tls, ...login];
}
