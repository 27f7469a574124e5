import type { Parsed } from "../../kernel/parsed.ts";
import { notThis } from "./base64-line.ts";

/** What a client signs in with that has an access token. */
export interface SaslBearer {
  /** Whose mail it wants; "": whoever the token is for. */
  readonly user: string;
  /** "": none was sent, so the client asks where to get one. */
  readonly token: string;
}

const SEPARATOR = "\u0001";

/** The token of `Bearer <token>` (RFC 6750 §2.1); "" stays "". */
function bearerToken(value: string | undefined): Parsed<string> {
  if (value === undefined) return notThis("auth=");
  if (value === "") return { ok: true, value };
  const match = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(value.trim());
  return match?.[1] === undefined ? notThis("Bearer and a token") : { ok: true, value: match[1] };
}

/** `key=value` pairs with ^A after each and one more at the end (RFC 7628 §3.1). */
function parsePairs(text: string): Parsed<ReadonlyMap<string, string>> {
  if (!text.endsWith(SEPARATOR + SEPARATOR)) return notThis("^A ^A at the end");
  const pairs = new Map<string, string>();
  for (const pair of text.slice(0, -2).split(SEPARATOR)) {
    const match = /^([A-Za-z]+)=([\t\r\n\x20-\x7e\u0080-\u{10ffff}]*)$/u.exec(pair);
    if (match?.[1] === undefined || match[2] === undefined) return notThis("key=value");
    pairs.set(match[1].toLowerCase(), match[2]);
  }
  return { ok: true, value: pairs };
}

/** Parses the client's message of OAUTHBEARER (RFC 7628 §3.1): `n,a=user@example.org,^Ahost=…^Aport=…^Aauth=Bearer …^A^A`. */
export function parseOauthBearer(text: string): Parsed<SaslBearer> {
  // A channel can't be bound by this mechanism, so "p=" makes no sense.
  // oxlint-disable-next-line no-control-regex -- ^A is what is meant
  const header = /^[ny],(?:a=([^,\0]*))?,\u0001/.exec(text);
  if (header === null) return notThis("n,a=user,");
  const user = (header[1] ?? "").replaceAll("=2C", ",").replaceAll("=3D", "=");
  const pairs = parsePairs(text.slice(header[0].length));
  if (!pairs.ok) return pairs;
  const token = bearerToken(pairs.value.get("auth"));
  return token.ok ? { ok: true, value: { user, token: token.value } } : token;
}

/** Parses the client's message of XOAUTH2, which has no RFC: `user=…^Aauth=Bearer …^A^A`. */
export function parseXoauth2(text: string): Parsed<SaslBearer> {
  const pairs = parsePairs(text);
  if (!pairs.ok) return pairs;
  const user = pairs.value.get("user") ?? "";
  const token = bearerToken(pairs.value.get("auth"));
  if (user === "") return notThis("user=");
  return token.ok ? { ok: true, value: { user, token: token.value } } : token;
}

/** Why a token was refused, in the words of RFC 6750 §3.1. */
export interface BearerRefusal {
  readonly status: "invalid_request" | "invalid_token" | "insufficient_scope";
  /** what a token has to be good for */
  readonly scope: string;
  /** where the client finds out how to get one */
  readonly openidConfiguration?: string | undefined;
}

/** What the server says to a refused token (RFC 7628 §3.2.2): a challenge, in JSON. */
export function printBearerRefusal({ status, scope, openidConfiguration }: BearerRefusal): string {
  return JSON.stringify({
    status,
    scope,
    ...(openidConfiguration === undefined ? {} : { "openid-configuration": openidConfiguration }),
  });
}
