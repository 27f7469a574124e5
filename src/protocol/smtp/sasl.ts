import type { Parsed } from "../../kernel/parsed.ts";

/** What a client signs in with. */
export interface SaslPlain {
  /** Who it wants to act as; "" means as itself. */
  readonly authorizationId: string;
  readonly authenticationId: string;
  readonly password: string;
}

const fail = (expected: string): { ok: false; at: number; expected: string } => ({
  ok: false,
  at: 0,
  expected,
});

/** Decodes the base64 text of one line of a SASL exchange; `=` stands for an empty one (RFC 4954 §4). */
export function decodeSaslLine(line: string): Parsed<string> {
  if (line === "=") return { ok: true, value: "" };
  if (line.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(line)) return fail("base64");
  const bytes = Uint8Array.from(atob(line), (char) => char.charCodeAt(0));
  try {
    return { ok: true, value: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return fail("UTF-8");
  }
}

/** Parses a message of the mechanism PLAIN (RFC 4616 §2): `[authzid] NUL authcid NUL passwd`, in base64. */
export function parseSaslPlain(line: string): Parsed<SaslPlain> {
  const text = decodeSaslLine(line);
  if (!text.ok) return text;
  const [authorizationId = "", authenticationId = "", password = "", ...more] = text.value.split("\0");
  if (authenticationId === "" || password === "" || more.length > 0)
    return fail("authzid NUL authcid NUL passwd");
  return { ok: true, value: { authorizationId, authenticationId, password } };
}
