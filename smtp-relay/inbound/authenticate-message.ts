import { Readable } from "node:stream";
import { type ARCChainEntry, authenticate, type AuthenticateResult, type DMARCResult } from "mailauth";
import type { BlobSource } from "../../src/blob/index.ts";
import type { Resolver } from "../../src/dns/index.ts";
import {
  type HeaderField,
  headerText,
  parameter,
  parseHeaders,
  parseParameterised,
} from "../../src/protocol/header/index.ts";
import type { Authentication, AuthResult, DmarcPolicy, PublishedPolicy } from "./authentication.ts";
import { mailauthDns } from "./mailauth-dns.ts";
import { withoutRanges } from "./without-ranges.ts";

/** For all of it together; what is not known by then is a temporary error. The client waits with its message sent. */
const AUTHENTICATION_MS = 15_000;
/** Each signature costs a look-up and a hash over the message; RFC 6376 §6.1 lets verifiers have a limit. */
const SIGNATURES_MAX = 10;
const CRLF = Uint8Array.of(13, 10);
const RESULTS: readonly AuthResult[] = [
  "pass",
  "fail",
  "softfail",
  "neutral",
  "none",
  "policy",
  "temperror",
  "permerror",
];

export interface AuthenticationInput {
  readonly resolver: Resolver;
  /** our authserv-id */
  readonly hostname: string;
  /** Domains whose ARC seals are believed. */
  readonly trustedSealers: ReadonlySet<string>;
  readonly ip: string;
  readonly helo: string | null;
  /** "" is the null path */
  readonly mailFrom: string;
  readonly content: BlobSource;
  /** The first octets of it, with the whole header. */
  readonly start: Uint8Array;
}

/** Checks SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 9989) and ARC (RFC 8617) of one message while it streams by. Never throws
 * and never hangs: what DNS does not tell in time is `temperror`. @param timeoutMs for all of it */
export async function authenticateMessage(
  input: AuthenticationInput,
  timeoutMs = AUTHENTICATION_MS,
): Promise<Authentication> {
  const questions = { isOver: false };
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(late.resolve, timeoutMs, null);
  const work = run(input, questions);
  // What mailauth throws is about this message or its DNS: temporary, as everything that is not known.
  const result = await Promise.race([work.catch(() => null), late.promise]);
  clearTimeout(timer);
  questions.isOver = true;
  return result === null ? unknown(input) : toAuthentication(input, result);
}

function run(
  input: AuthenticationInput,
  questions: { readonly isOver: boolean },
): Promise<AuthenticateResult> {
  const resolver = mailauthDns(input.resolver, questions);
  const fields = parseHeaders(input.start);
  const signatures = fields.filter((one) => one.name.toLowerCase() === "dkim-signature");
  // mailauth does one thing after the other. What each will ask first is asked now, so the answers are there when it comes to that.
  for (const name of firstQuestions(input, fields, signatures.slice(0, SIGNATURES_MAX)))
    resolver(name, "TXT").catch(() => undefined);
  // Without a signature nobody asks for the body, nor for more of the header than its author.
  const isSigned = signatures.length > 0 || fields.some((one) => /^arc-/i.test(one.name));
  const content = isSigned
    ? Readable.from(until(withoutRanges(input.content, signatures.slice(SIGNATURES_MAX)), questions))
    : Buffer.concat([...authorsOf(input.start, fields), CRLF]);
  return authenticate(content, {
    sender: input.mailFrom,
    ip: input.ip,
    ...(input.helo === null ? {} : { helo: input.helo }),
    mta: input.hostname,
    resolver,
    rejectRsaSha1: true, // RFC 8301 §3.1
    disableBimi: true,
  });
}

/** The From fields, each with its line end. */
const authorsOf = (start: Uint8Array, fields: readonly HeaderField[]): Uint8Array[] =>
  fields
    .filter(({ name }) => name.toLowerCase() === "from")
    .flatMap((one) => [start.subarray(one.start, one.valueEnd), CRLF]);

/** The octets, for as long as somebody waits for what they are read for. */
async function* until(
  content: BlobSource,
  waiting: { readonly isOver: boolean },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content.chunks()) {
    if (waiting.isOver) return;
    yield chunk;
  }
}

/** The SPF record, the DMARC records on the way up from the author's domain, and the keys of all signatures. */
function firstQuestions(
  { mailFrom, helo, start }: AuthenticationInput,
  fields: readonly HeaderField[],
  signatures: readonly HeaderField[],
): string[] {
  const names = new Set<string>();
  const envelope = mailFrom === "" ? (helo ?? "") : mailFrom.slice(mailFrom.lastIndexOf("@") + 1);
  if (DOMAIN.test(envelope)) names.add(envelope.toLowerCase());
  const from = fields.find((one) => one.name.toLowerCase() === "from");
  const author = from === undefined ? undefined : /@([\w.-]+)\s*>?\s*$/.exec(textOf(start, from))?.[1];
  const labels = author === undefined || !DOMAIN.test(author) ? [] : author.toLowerCase().split(".");
  // RFC 9989 §4.10: at most eight names, of which the second is no longer than seven labels.
  for (let i = 0; i < labels.length; i++)
    if (i === 0 || labels.length - i <= 7) names.add(`_dmarc.${labels.slice(i).join(".")}`);
  for (const signature of signatures) {
    const { params } = parseParameterised(`x; ${textOf(start, signature)}`);
    const [domain, selector] = [parameter(params, "d") ?? "", parameter(params, "s") ?? ""];
    const name = `${selector}._domainkey.${domain}`.toLowerCase();
    if (DOMAIN.test(name)) names.add(name);
  }
  return [...names];
}

/** A line has 998 octets at most (RFC 5322 §2.1.1); of a result that is longer only the word is kept. */
const INFO_MAX = 900;
// oxlint-disable-next-line no-control-regex -- these are the characters to find
const CONTROLS = /[\x00-\x1F\x7F]+/g;
const DOMAIN = /^(?=.{1,253}$)[\w-]{1,63}(?:\.[\w-]{1,63})+$/;
const textOf = (start: Uint8Array, { valueStart, valueEnd }: HeaderField): string =>
  headerText(start, valueStart, valueEnd, 16_384);

function toAuthentication(input: AuthenticationInput, result: AuthenticateResult): Authentication {
  const { spf, dkim, dmarc, arc } = result;
  // Without a chain it is false, whatever the types say.
  const sealers = arc !== false && Array.isArray(arc.chain) ? arc.chain : [];
  const arcResult = arc === false ? "none" : word(arc.status.result);
  return {
    spf: {
      result: spf === false ? "none" : word(spf.status.result),
      domain: spf === false ? "" : spf.domain,
      scope: input.mailFrom === "" ? "helo" : "mfrom",
    },
    // A message without a signature has one result too, `none`.
    dkim: dkim.results.flatMap(({ status, signingDomain: domain, selector }) =>
      domain === undefined || selector === undefined
        ? []
        : [{ result: word(status.result), domain, selector, isAligned: typeof status.aligned === "string" }],
    ),
    dmarc: {
      result: dmarc === false ? noDmarc(result) : word(dmarc.status.result),
      fromDomain: dmarc === false ? null : (dmarc.status.header?.from ?? null),
      policy: dmarc === false ? null : policyWord(dmarc.policy),
      published: dmarc === false ? null : publishedPolicy(dmarc),
      isSpfAligned: dmarc !== false && dmarc.alignment?.spf.result !== undefined,
      isDkimAligned: dmarc !== false && dmarc.alignment?.dkim.result !== undefined,
    },
    arc: {
      result: arcResult,
      sealers: sealers.map(sealerOf),
      vouchedBy: arcResult === "pass" ? voucher(sealers, input.trustedSealers) : null,
    },
    results: resultsOf(result),
  };
}

/** More than one author domain, or one that is none, is how somebody hides from DMARC (RFC 9989 §11.5). */
function noDmarc({ dmarcSkipReason }: AuthenticateResult): AuthResult {
  return dmarcSkipReason === undefined || dmarcSkipReason === "no-author-domain" ? "none" : "permerror";
}

function publishedPolicy(dmarc: DMARCResult): PublishedPolicy | null {
  const p = policyWord(dmarc.p);
  if (p === null || dmarc.rr === undefined) return null;
  const pct = Number(/(?:^|;)\s*pct\s*=\s*(\d{1,3})\s*(?:;|$)/i.exec(dmarc.rr)?.[1] ?? 100);
  return {
    domain: dmarc.policyDomain ?? dmarc.domain,
    p,
    sp: policyWord(dmarc.sp) ?? p,
    np: policyWord(dmarc.np),
    isSpfStrict: dmarc.alignment.spf.strict,
    isDkimStrict: dmarc.alignment.dkim.strict,
    isTest: dmarc.testMode,
    pct: Math.min(100, pct),
    record: dmarc.rr,
  };
}

const sealerOf = (entry: ARCChainEntry): string =>
  String(entry["arc-seal"]?.parsed?.d?.value ?? "").toLowerCase();

/** Goes back through a chain that holds for as long as its sealers are trusted, to one that saw DMARC pass: a list or a forwarder
 * changed the message after that. */
function voucher(chain: readonly ARCChainEntry[], trusted: ReadonlySet<string>): string | null {
  for (const entry of chain.toReversed()) {
    const sealer = sealerOf(entry);
    if (!isTrusted(sealer, trusted)) return null;
    if (/;\s*dmarc\s*=\s*pass\b/i.test(entry["arc-authentication-results"]?.original ?? "")) return sealer;
  }
  return null;
}

/** The domain or one above it is trusted. */
function isTrusted(domain: string, trusted: ReadonlySet<string>): boolean {
  const labels = domain.split(".");
  return labels.some((_, i) => trusted.has(labels.slice(i).join(".")));
}

/** The results of all methods in the words of RFC 8601, without the authserv-id. */
function resultsOf({ dkim, spf, arc, dmarc }: AuthenticateResult): string {
  const infos = [
    ...dkim.results.map((one) => one.info),
    spf === false ? undefined : spf.info,
    arc === false ? undefined : arc.info,
    dmarc === false ? undefined : dmarc.info,
  ];
  return folded(infos.flatMap((info) => (info === undefined || info === "" ? [] : [info])));
}

/** Nothing came in time, or something could not be understood: RFC 8601 has `temperror` for both. */
function unknown({ mailFrom, helo }: AuthenticationInput): Authentication {
  return {
    spf: {
      result: "temperror",
      domain: mailFrom === "" ? (helo ?? "") : mailFrom.slice(mailFrom.lastIndexOf("@") + 1),
      scope: mailFrom === "" ? "helo" : "mfrom",
    },
    dkim: [],
    dmarc: {
      result: "temperror",
      fromDomain: null,
      policy: null,
      published: null,
      isSpfAligned: false,
      isDkimAligned: false,
    },
    arc: { result: "temperror", sealers: [], vouchedBy: null },
    results: folded(["spf=temperror", "dkim=temperror", "dmarc=temperror"]),
  };
}

/** One result a line; a line end inside of one, or a control character, would begin something else. */
const folded = (infos: readonly string[]): string =>
  infos
    .map((info) => (info.length > INFO_MAX ? (info.split(" ", 1)[0] ?? "") : info).replace(CONTROLS, " "))
    .join(";\r\n\t");

const word = (text: string): AuthResult => RESULTS.find((one) => one === text) ?? "temperror";
const policyWord = (text: string | undefined): DmarcPolicy | null =>
  text === "none" || text === "quarantine" || text === "reject" ? text : null;
