import type { Parsed } from "../../kernel/parsed.ts";
import { HOLD_SECONDS_MAX, readHold } from "./future-release.ts";
import { decodeXtext, type EsmtpParameters, parseParameters } from "./parameters.ts";
import { parsePath, type SmtpPath } from "./path.ts";
import { type Reply, reply } from "./reply.ts";

export interface PathCommand {
  readonly path: SmtpPath;
  readonly parameters: EsmtpParameters;
}

function parsePathCommand(args: string, keyword: string): Parsed<PathCommand> {
  if (args.slice(0, keyword.length).toUpperCase() !== keyword)
    return { ok: false, at: 0, expected: `${keyword}<path>` };
  const parsed = parsePath(args, keyword.length);
  if (!parsed.ok) return { ...parsed, expected: `${keyword}<path>` };
  const parameters = parseParameters(args, parsed.value.end);
  if (!parameters.ok) return parameters;
  return { ok: true, value: { path: parsed.value.path, parameters: parameters.value } };
}

/** Parses what follows `MAIL `: `FROM:<path> [parameters]` (RFC 5321 §4.1.1.2). `<>` gives the address "" (§4.5.5). */
export function parseMailFrom(args: string): Parsed<PathCommand> {
  const parsed = parsePathCommand(args, "FROM:");
  if (parsed.ok && parsed.value.path.domain === null && parsed.value.path.address !== "")
    return { ok: false, at: 5, expected: "FROM:<path>" };
  return parsed;
}

/** Parses what follows `RCPT `: `TO:<path> [parameters]` (RFC 5321 §4.1.1.3). `<postmaster>` has no domain. */
export function parseRcptTo(args: string): Parsed<PathCommand> {
  const parsed = parsePathCommand(args, "TO:");
  return parsed.ok && parsed.value.path.address === "" ? { ok: false, at: 3, expected: "TO:<path>" } : parsed;
}

/** What MAIL's parameters ask for. */
export interface MailOptions {
  /** Declared octets (RFC 1870); null if it was not said. */
  readonly size: number | null;
  /** RFC 6531. */
  readonly smtpUtf8: boolean;
  /** RFC 3461 §4.3, §4.4: what a bounce returns, and the sender's own name for the message. */
  readonly ret: "FULL" | "HDRS" | null;
  readonly envid: string | null;
  /** RFC 8689: it may only go on over verified TLS, to servers that promise the same. */
  readonly requireTls: boolean;
  /** RFC 4865: not to be sent before this moment, in milliseconds since the epoch; null: at once. */
  readonly holdUntil: number | null;
}

/** What of MAIL's parameters a session offers at this moment. */
export interface OfferedToMail {
  /** The session is in TLS, so REQUIRETLS means something (RFC 8689 §2). */
  readonly requireTls: boolean;
  /** FUTURERELEASE. */
  readonly hold: boolean;
  /** milliseconds since the epoch */
  readonly now: number;
}

/** When the sender wants to hear of a recipient (RFC 3461 §4.1). Null: only of failures. */
export type Notify = readonly ("NEVER" | "SUCCESS" | "FAILURE" | "DELAY")[];

/** Does the sender want to hear of this? Who has not said it hears of failures and delays. */
export const wantsNotice = (notify: Notify | null, what: "SUCCESS" | "FAILURE" | "DELAY"): boolean =>
  notify === null ? what !== "SUCCESS" : notify.includes(what);

/** What is asked for besides success. Who wants to hear of nothing else hears nothing. */
export function withoutSuccess(notify: Notify | null): Notify | null {
  if (notify === null || !notify.includes("SUCCESS")) return notify;
  const rest = notify.filter((one) => one !== "SUCCESS");
  return rest.length === 0 ? ["NEVER"] : rest;
}

/** What RCPT's parameters ask for. */
export interface RcptOptions {
  readonly notify: Notify | null;
  /** `rfc822;address`, decoded (RFC 3461 §4.2). */
  readonly orcpt: string | null;
}

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Reply };

const refuse = (what: string): { ok: false; refusal: Reply } => ({
  ok: false,
  refusal: reply(501, "5.5.4", `${what} is malformed`),
});
const unknown = (keyword: string): { ok: false; refusal: Reply } => ({
  ok: false,
  refusal: reply(555, "5.5.4", `${keyword} is not supported here`),
});

const NO_OPTIONS: MailOptions = {
  size: null,
  smtpUtf8: false,
  ret: null,
  envid: null,
  requireTls: false,
  holdUntil: null,
};

/** Understands MAIL's parameters. BODY only tells what to expect: 8-bit octets are stored as they are in any case. */
export function readMailOptions(parameters: EsmtpParameters, offered: OfferedToMail): Read<MailOptions> {
  let options = NO_OPTIONS;
  for (const [keyword, value] of parameters) {
    switch (keyword) {
      case "SIZE":
        if (!/^\d{1,20}$/.test(value ?? "")) return refuse("SIZE");
        options = { ...options, size: Number(value) };
        break;
      case "BODY":
        if (!/^(?:7BIT|8BITMIME)$/i.test(value ?? "")) return refuse("BODY");
        break;
      case "SMTPUTF8":
        if (value !== null) return refuse("SMTPUTF8");
        options = { ...options, smtpUtf8: true };
        break;
      case "AUTH": // RFC 4954 §5: we trust nobody's word about who submitted it
        if (value === null) return refuse("AUTH");
        break;
      case "RET": {
        const ret = value?.toUpperCase();
        if (ret !== "FULL" && ret !== "HDRS") return refuse("RET");
        options = { ...options, ret };
        break;
      }
      case "ENVID": {
        const envid = decodeXtext(value ?? "");
        if (envid === null || envid === "" || envid.length > 100) return refuse("ENVID");
        options = { ...options, envid };
        break;
      }
      case "REQUIRETLS":
        if (value !== null) return refuse("REQUIRETLS");
        if (!offered.requireTls)
          return { ok: false, refusal: reply(530, "5.7.10", "REQUIRETLS needs TLS: say STARTTLS first") };
        options = { ...options, requireTls: true };
        break;
      case "HOLDFOR":
      case "HOLDUNTIL": {
        if (!offered.hold) return unknown(keyword);
        if (options.holdUntil !== null) return refuse("HOLDFOR with HOLDUNTIL");
        const until = readHold(keyword, value ?? "", offered.now);
        if (until === "malformed") return refuse(keyword);
        if (until === "too_far") return { ok: false, refusal: TOO_FAR };
        options = { ...options, holdUntil: until };
        break;
      }
      default:
        return unknown(keyword);
    }
  }
  return { ok: true, value: options };
}

const TOO_FAR = reply(501, "5.5.4", `Messages are held for at most ${HOLD_SECONDS_MAX} seconds`);

const isNotify = (text: string): text is Notify[number] =>
  text === "NEVER" || text === "SUCCESS" || text === "FAILURE" || text === "DELAY";

/** Understands RCPT's parameters. */
export function readRcptOptions(parameters: EsmtpParameters): Read<RcptOptions> {
  let options: RcptOptions = { notify: null, orcpt: null };
  for (const [keyword, value] of parameters) {
    switch (keyword) {
      case "NOTIFY": {
        const words = (value ?? "").toUpperCase().split(",");
        const notify = words.filter(isNotify);
        const isAlone = !notify.includes("NEVER") || notify.length === 1;
        if (notify.length !== words.length || !isAlone) return refuse("NOTIFY");
        options = { ...options, notify };
        break;
      }
      case "ORCPT": {
        const match = /^([a-z0-9-]+);(.+)$/i.exec(value ?? "");
        // RFC 6533 §3: of the type utf-8 it may be more than xtext; as it came is then the best that can be said.
        const address = match?.[1]?.toLowerCase() === "utf-8" ? match[2] : decodeXtext(match?.[2] ?? "");
        if (match === null || typeof address !== "string" || address.length > 500) return refuse("ORCPT");
        options = { ...options, orcpt: `${match[1] ?? ""};${address}` };
        break;
      }
      default:
        return unknown(keyword);
    }
  }
  return { ok: true, value: options };
}
