import type { Parsed } from "../../kernel/parsed.ts";
import { decodeSaslLine, notThis } from "./base64-line.ts";

/** What a client signs in with. */
export interface SaslPlain {
  /** Who it wants to act as; "" means as itself. */
  readonly authorizationId: string;
  readonly authenticationId: string;
  readonly password: string;
}

/** Parses a message of the mechanism PLAIN (RFC 4616 §2): `[authzid] NUL authcid NUL passwd`, in base64. */
export function parseSaslPlain(line: string): Parsed<SaslPlain> {
  const text = decodeSaslLine(line);
  if (!text.ok) return text;
  const [authorizationId = "", authenticationId = "", password = "", ...more] = text.value.split("\0");
  if (authenticationId === "" || password === "" || more.length > 0)
    return notThis("authzid NUL authcid NUL passwd");
  return { ok: true, value: { authorizationId, authenticationId, password } };
}
