import { headerText, parseHeaders } from "../protocol/header/index.ts";
import type { SampleRow } from "./cutover-sender.store.ts";

export type SampleFault = "not_from_domain" | "no_source" | "malformed";

/** A field is read so far. */
const TEXT_MAX = 8_192;
const SIGNED_MAX = 10;

/** Addresses that never cross the border between two organisations (RFC 1918, RFC 4193, RFC 6598, RFC 3927). */
const PRIVATE =
  /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|0\.|::1$|f[cd]|fe[89ab])/i;

const unfold = (text: string): string => text.replaceAll(/\r?\n[ \t]+/g, " ");

/** Where a message came from, by its header alone: the outermost server that handed it to whoever received it. What stands further down
 * is the sender's own word.
 * @param message from its start; the header is enough   @param skip addresses of servers that only passed it on to us */
export function readSample(
  message: Uint8Array,
  domain: string,
  skip: ReadonlySet<string>,
  now: number,
): { readonly ok: true; readonly row: SampleRow } | { readonly ok: false; readonly why: SampleFault } {
  const fields = parseHeaders(message).map(({ name, valueStart, valueEnd }) => ({
    name: name.toLowerCase(),
    text: unfold(headerText(message, valueStart, valueEnd, TEXT_MAX)).trim(),
  }));
  const all = (name: string): string[] => fields.flatMap((one) => (one.name === name ? [one.text] : []));
  const [from = ""] = all("from");
  const author = /@([a-z0-9.-]+)>?\s*(?:\([^)]*\)\s*)?$/i.exec(from)?.[1]?.toLowerCase().replace(/\.$/, "");
  if (author === undefined) return { ok: false, why: "malformed" };
  if (author !== domain && !author.endsWith(`.${domain}`)) return { ok: false, why: "not_from_domain" };
  const source = all("received")
    .map(readReceived)
    .find((one) => one !== null && !PRIVATE.test(one.ip) && !skip.has(one.ip));
  // Somebody signed in to a server: that one sends, and not the address where the person sits.
  if (source === null || source === undefined || source.isSignedIn) return { ok: false, why: "no_source" };
  const results = all("authentication-results");
  const claimed = all("dkim-signature").flatMap((text) => /(?:^|[;\s])d=([^;\s]+)/i.exec(text)?.[1] ?? []);
  const verified = results.flatMap((text) =>
    [...text.matchAll(/dkim=pass\b[^;]*?header\.(?:d|i)=@?([^;\s]+)/gi)].map(([, name = ""]) => name),
  );
  // Who received it knows which signatures were good; where nobody says, they count as they stand.
  const signed = results.some((text) => /\bdkim=/i.test(text)) ? verified : claimed;
  const signedBy = [...new Set(signed.map((name) => name.toLowerCase().replace(/^.*@/, "")))].toSorted();
  const [returnPath = ""] = all("return-path");
  const envelope = results
    .map((text) => /smtp\.mailfrom=(?:"?[^;\s@"]*"?@)?([^;\s]+)/i.exec(text)?.[1])
    .find(Boolean);
  const mailFrom = (/@([^>\s]+)>?$/.exec(returnPath)?.[1] ?? envelope ?? "").toLowerCase();
  return {
    ok: true,
    row: {
      ip: source.ip,
      host: source.host,
      mailFrom,
      signedBy: signedBy.slice(0, SIGNED_MAX),
      at: source.at ?? now,
    },
  };
}

/** `from host (name [192.0.2.1]) by …; date`; null: there is no address in it. */
function readReceived(
  text: string,
): { ip: string; host: string; at: number | null; isSignedIn: boolean } | null {
  const [, before = ""] = /^\s*from\s+(.*?)\s+by\s/i.exec(text) ?? [];
  const found = /\[(?:IPv6:)?((?:\d{1,3}\.){3}\d{1,3}|[0-9a-f:.]*:[0-9a-f:.]+)\]/i.exec(before)?.[1];
  if (found === undefined) return null;
  const host = /^[a-z0-9_.-]+$/i.exec(before.split(/\s/)[0] ?? "")?.[0] ?? "";
  const date = Date.parse(text.slice(text.lastIndexOf(";") + 1));
  return {
    ip: found.toLowerCase(),
    host: host.includes(".") && !/^[\d.]+$/.test(host) ? host.toLowerCase() : "",
    at: Number.isFinite(date) ? date : null,
    // RFC 3848: the A stands for AUTH.
    isSignedIn: /\swith\s+(?:UTF8)?(?:E?SMTP|LMTP)S?A\b/i.test(text) || /\(authenticated sender/i.test(text),
  };
}
