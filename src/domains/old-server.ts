/** Addresses that no server of another organisation has (RFC 6890): told at once, and looked at again by name when mail goes there. */
const INSIDE =
  /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|0\.|22[4-9]\.|2[3-5]\d\.|::|f[cdf]|fe[89ab])/i;
const LITERAL = /^(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f:.]*:[0-9a-f:.]*)$/i;
const NAME = /^(?=.{3,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+$/;
/** Where servers take mail of other servers, and of their own people. */
const PORTS: ReadonlySet<number> = new Set([25, 587]);

/** Whether an address is of a network inside. */
const isInside = (ip: string): boolean => INSIDE.test(ip);

/** Reads `mail.old.example`, `mail.old.example:587`, `192.0.2.1`, `[2001:db8::1]:25`.
 * @param ours names that are this installation   @returns `host:port`; null: mail can't go there */
export function parseOldServer(
  text: string,
  ours: readonly string[],
  allowsInside: boolean,
): { readonly host: string; readonly port: number; readonly text: string } | null {
  const [, bracketed, plain, digits] =
    /^(?:\[([^\]]+)\]|([^\s[\]]+?))(?::(\d{1,5}))?$/.exec(text.trim().toLowerCase()) ?? [];
  const host = (bracketed ?? plain ?? "").replace(/\.$/, "");
  const port = digits === undefined ? 25 : Number(digits);
  const isLiteral = LITERAL.test(host);
  if (!isLiteral && !NAME.test(host)) return null;
  if (bracketed === undefined && host.includes(":")) return null;
  if (port < 1 || port > 65_535 || (!allowsInside && !PORTS.has(port))) return null;
  if (ours.includes(host) || (isLiteral && isInside(host) && !allowsInside)) return null;
  return { host, port, text: `${host.includes(":") ? `[${host}]` : host}:${port}` };
}
