import { printMailDate } from "../compose/index.ts";

/** How a message came to us. */
export interface Trace {
  /** Who sent it; null when the sender shall stay private. */
  readonly from: {
    /** The name it gave itself; null if it gave none. */
    readonly helo: string | null;
    /** The name of its address, if DNS says so in both directions. */
    readonly reverseName: string | null;
    readonly ip: string;
  } | null;
  readonly byHost: string;
  /** SMTP, ESMTP, ESMTPS, ESMTPA, ESMTPSA, UTF8SMTPS, … (RFC 3848, RFC 6531 §4.3), or HTTP. */
  readonly protocol: string;
  readonly id: string;
  /** Only when there is one recipient: others must not learn of each other (RFC 5321 §7.2). */
  readonly forAddress: string | null;
  /** milliseconds since the epoch */
  readonly at: number;
}

/** `IPv6:` before an IPv6 address (RFC 5321 §4.1.3). */
const literal = (ip: string): string => (ip.includes(":") ? `[IPv6:${ip}]` : `[${ip}]`);
/** Nothing that would end a comment or a line. */
const safe = (text: string): string => text.replace(/[^!-'*-:=?-[\]-~\u{A1}-\u{10FFFF}]/gu, "?");

/** Which protocol keyword goes into Received. */
export function protocolOf(session: {
  readonly extended: boolean;
  readonly secure: boolean;
  readonly authenticated: boolean;
  readonly utf8: boolean;
}): string {
  if (!session.extended) return "SMTP";
  const base = session.utf8 ? "UTF8SMTP" : "ESMTP";
  return `${base}${session.secure ? "S" : ""}${session.authenticated ? "A" : ""}`;
}

/** Writes one Received field with its line end (RFC 5321 §4.4). */
export function printReceived(trace: Trace): string {
  const { from } = trace;
  const parts = [
    from === null
      ? null
      : `from ${safe(from.helo ?? "unknown")} (${from.reverseName === null ? "unknown" : safe(from.reverseName)} ${literal(from.ip)})`,
    `by ${safe(trace.byHost)} with ${trace.protocol} id ${safe(trace.id)}`,
    trace.forAddress === null ? null : `for <${trace.forAddress}>`,
  ].filter((part) => part !== null);
  return `Received: ${parts.join("\r\n\t")};\r\n\t${printMailDate(trace.at, 0)}\r\n`;
}

/** Writes the Return-Path field of a final delivery; "" is the null path. */
export function printReturnPath(address: string): string {
  return `Return-Path: <${address}>\r\n`;
}
