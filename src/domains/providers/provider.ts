import { MailError } from "../../kernel/error.ts";

/** What one name holds of one type. An MX is `10 mx.example`, a TXT its whole text, a CNAME or NS a name without a dot at its end. */
export interface RecordSet {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly values: readonly string[];
}

/** A zone of the customer at a provider. */
export interface ProviderZone {
  readonly name: string;
  /** how the provider calls it */
  readonly id: string;
}

/** What we need of whoever keeps the DNS of a domain. Every method throws `dns_provider_refused` (the token is wrong, or not for this) or
 * `dns_provider_unavailable`. */
export interface DnsProvider {
  /** The zone that a domain is in. @throws {MailError} dns_provider_refused: none of those that the token opens */
  zoneOf(domain: string): Promise<ProviderZone>;
  /** All that a name holds, of every type that is of interest. */
  list(zone: ProviderZone, name: string): Promise<readonly RecordSet[]>;
  /** Makes the name hold exactly these values of this type. */
  upsert(zone: ProviderZone, set: RecordSet): Promise<void>;
  /** Makes it hold nothing of this type. */
  remove(zone: ProviderZone, set: RecordSet): Promise<void>;
  /** After the last change: some have to be told. */
  finish(zone: ProviderZone): Promise<void>;
}

/** As `fetch`: what calls a provider's API. */
export type CallApi = (url: string, init: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 20_000;

/** Calls a provider that speaks JSON. @returns undefined: 404
 * @throws {MailError} dns_provider_refused, dns_provider_unavailable; the token is in neither */
export async function callJson(
  call: CallApi,
  url: string,
  init: {
    readonly method?: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  },
): Promise<unknown> {
  const host = new URL(url).host;
  let answer: Response;
  let text: string;
  try {
    answer = await call(url, {
      method: init.method ?? "GET",
      headers: {
        accept: "application/json",
        ...(init.body === undefined ? {} : { "content-type": "application/json" }),
        ...init.headers,
      },
      ...(init.body === undefined ? {} : { body: init.body }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await answer.text();
  } catch (error) {
    throw new MailError("dns_provider_unavailable", { host }, { cause: error });
  }
  const { status } = answer;
  if (status === 404) return undefined;
  if (status === 429 || status >= 500) throw new MailError("dns_provider_unavailable", { host, status });
  // What is wrong stands in the answer; it goes into the log only.
  if (status >= 400) throw new MailError("dns_provider_refused", { host, status, said: text.slice(0, 500) });
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MailError("dns_provider_unavailable", { host, status }, { cause: error });
  }
}

/** The names that a domain's zone can have, the longest first. */
export function zoneCandidates(domain: string): string[] {
  const labels = domain.split(".");
  return labels.slice(0, -1).map((_, from) => labels.slice(from).join("."));
}

/** @throws {MailError} dns_provider_refused */
export const noZone = (domain: string): never => {
  throw new MailError("dns_provider_refused", { domain, why: "no zone of this token has it" });
};

/** A name without its zone; `apex` for the zone itself. */
export function relativeName(name: string, zone: string, apex: string): string {
  return name === zone ? apex : name.slice(0, -zone.length - 1);
}

const STRING_MAX = 255;

/** A text as a zone file has it: strings of at most 255 octets, quoted. */
export function quoteText(text: string): string {
  const parts: string[] = [];
  for (let at = 0; at < text.length || at === 0; at += STRING_MAX)
    parts.push(text.slice(at, at + STRING_MAX));
  return parts.map((part) => `"${part.replaceAll(/["\\]/g, "\\$&")}"`).join(" ");
}

/** The text of quoted strings; one that is not quoted is itself. */
export function unquoteText(written: string): string {
  const text = written.trim();
  if (!text.startsWith('"')) return text;
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)]
    .map(([, part = ""]) =>
      part.replaceAll(/\\(\d{3}|.)/g, (_, code: string) =>
        code.length === 3 ? String.fromCharCode(Number(code)) : code,
      ),
    )
    .join("");
}

const bare = (name: string): string => name.toLowerCase().replace(/\.$/, "");

/** A value as a zone file has it, from the form of a `RecordSet`. */
export function printValue(type: string, value: string): string {
  if (type === "TXT") return quoteText(value);
  return type === "MX" || type === "CNAME" || type === "NS" ? `${value}.` : value;
}

/** A value in the form of a `RecordSet`, from that of a zone file. */
export function readValue(type: string, written: string): string {
  if (type === "TXT" || type === "SPF") return unquoteText(written);
  return type === "MX" || type === "CNAME" || type === "NS" ? bare(written) : written;
}

/** What has to happen so that records with ids become these values: what is there already stays, and what is not wanted becomes what is
 * wanted before anything is added or removed. */
export function pairChanges<R extends { readonly value: string }>(
  there: readonly R[],
  wanted: readonly string[],
): {
  readonly change: readonly (readonly [R, string])[];
  readonly add: readonly string[];
  readonly drop: readonly R[];
} {
  const missing = wanted.filter((value) => there.every((one) => one.value !== value));
  const spare = there.filter((one) => !wanted.includes(one.value));
  const change = spare.slice(0, missing.length).map((one, index) => [one, missing[index] ?? ""] as const);
  return { change, add: missing.slice(change.length), drop: spare.slice(change.length) };
}

/** Records as sets of their type. */
export function groupSets(
  name: string,
  records: readonly { readonly type: string; readonly ttl: number; readonly value: string }[],
): RecordSet[] {
  return [...Map.groupBy(records, (one) => one.type)].map(([type, list]) => ({
    name,
    type,
    ttl: list[0]?.ttl ?? 3_600,
    values: list.map((one) => one.value),
  }));
}
