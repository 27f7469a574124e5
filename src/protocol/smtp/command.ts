/** One command line of a client, without its line end. */
export interface SmtpCommand {
  /** Upper case; "" for an empty line. */
  readonly verb: string;
  /** What follows the first space, blanks at its end removed. */
  readonly args: string;
}

/** Longest command line that is read, in octets with its line end. RFC 5321 §4.5.3.1.4 asks for 512, MAIL and RCPT
 * parameters need more (RFC 3461 §5.3, RFC 6531 §3.4), and an AUTH response up to 12,288 (RFC 4954 §4.1). */
export const COMMAND_OCTETS_MAX = 12_290;

/** Splits a command line (RFC 5321 §4.1.1). */
export function splitCommand(line: string): SmtpCommand {
  const [, verb = "", args = ""] = /^(\S*) ?([^]*)$/.exec(line.trimEnd()) ?? [];
  return { verb: verb.toUpperCase(), args };
}

const HELO_NAME_MAX = 255;

/** The name of HELO or EHLO (RFC 5321 §4.1.1.1). Real clients send machine names, addresses without brackets and worse,
 * so only what would spoil a trace header or a log is refused.
 * @returns null when it is missing or unusable */
export function parseHeloName(args: string): string | null {
  return args.length <= HELO_NAME_MAX && /^[!-~\u{A1}-\u{10FFFF}]+$/u.test(args) ? args : null;
}
