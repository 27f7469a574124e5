import { formatAddress, parseAddressSpec } from "../address/index.ts";
import { encodeWords, isPlainText } from "./encode-words.ts";
import { foldTokens } from "./fold.ts";
import { printMailDate } from "./mail-date.ts";

export interface ComposeAddress {
  readonly name: string | null;
  readonly email: string;
}

export interface ComposeGroup {
  readonly name: string | null;
  readonly addresses: readonly ComposeAddress[];
}

/** What a header field says, in one of JMAP's forms (RFC 8621 §4.1.2). */
export type HeaderValue =
  | { readonly form: "Raw"; readonly value: string }
  | { readonly form: "Text"; readonly value: string }
  | { readonly form: "Addresses"; readonly value: readonly ComposeAddress[] }
  | { readonly form: "GroupedAddresses"; readonly value: readonly ComposeGroup[] }
  | { readonly form: "MessageIds"; readonly value: readonly string[] }
  | { readonly form: "Date"; readonly value: { readonly ms: number; readonly zoneMinutes: number } }
  | { readonly form: "URLs"; readonly value: readonly string[] };

const FIELD_NAME = /^[\x21-\x39\x3b-\x7e]{1,76}$/;
const ATOMS = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+$/;

/** Prints one header field with its line end; null when the name or the value can't be in a header:
 * nothing that a client sends may begin a line of its own. */
export function printHeaderField(name: string, header: HeaderValue): string | null {
  if (!FIELD_NAME.test(name)) return null;
  if (header.form === "Raw") return printRaw(name, header.value);
  const tokens = tokensOf(header);
  return tokens === null ? null : foldTokens(name, tokens);
}

function tokensOf(header: Exclude<HeaderValue, { readonly form: "Raw" }>): readonly string[] | null {
  if (header.form === "Text") return textTokens(header.value);
  if (header.form === "Date") return [printMailDate(header.value.ms, header.value.zoneMinutes)];
  if (header.form === "MessageIds") return bracketed(header.value, /^[^\s<>\0]{1,900}$/);
  if (header.form === "URLs") {
    const urls = bracketed(header.value, /^[\x21-\x3b\x3d\x3f-\x7e]{1,900}$/);
    return urls === null ? null : withCommas(urls.map((url) => [url]));
  }
  const items = header.form === "Addresses" ? addressTokens(header.value) : groupListTokens(header.value);
  return items === null ? null : withCommas(items);
}

function bracketed(values: readonly string[], allowed: RegExp): string[] | null {
  return values.every((value) => allowed.test(value)) ? values.map((value) => `<${value}>`) : null;
}

/** The client folds itself: each line that goes on begins with white space, and none is too long (RFC 5322 §2.1.1). */
function printRaw(name: string, value: string): string | null {
  const lines = value.split("\r\n");
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  const isSafe = lines.every(
    (line, i) => !/[\0\r\n]/.test(line) && line.length < 900 && (i === 0 || /^[ \t]+\S/.test(line)),
  );
  if (!isSafe) return null;
  return `${name}:${/^[ \t]|^$/.test(value) ? "" : " "}${value}\r\n`;
}

/** Leading, trailing and double spaces (an empty word) would not survive folding. */
const standsAlone = (word: string): boolean => word !== "" && word.length < 900 && isPlainText(word);

/** Unstructured text (RFC 5322 §3.2.5); words that need it are encoded, together with the spaces between them. */
function textTokens(text: string): string[] {
  const line = text.replaceAll(/[\r\n\t]+/g, " ");
  const words = line.split(" ");
  if (words.every(standsAlone)) return words;
  if (line === "") return [];
  const first = words.findIndex((word) => !standsAlone(word));
  const last = words.findLastIndex((word) => !standsAlone(word));
  return [
    ...words.slice(0, first),
    ...encodeWords(words.slice(first, last + 1).join(" ")),
    ...words.slice(last + 1),
  ];
}

/** A display name (RFC 5322 §3.2.5): atoms, a quoted string, or encoded words. */
function phraseTokens(text: string): string[] {
  const name = text.replaceAll(/[\r\n\t ]+/g, " ").trim();
  if (!isPlainText(name)) return encodeWords(name);
  if (name.length > 70) return encodeWords(name);
  return ATOMS.test(name) ? name.split(" ") : [`"${name.replaceAll(/["\\]/g, "\\$&")}"`];
}

function oneAddress({ name, email }: ComposeAddress): string[] | null {
  const parsed = parseAddressSpec(email.trim());
  if (!parsed.ok) return null;
  // A domain with letters beyond US-ASCII is written as A-labels: every host takes those.
  const spec = formatAddress(parsed.value);
  return name === null || name.trim() === "" ? [spec] : [...phraseTokens(name), `<${spec}>`];
}

function addressTokens(list: readonly ComposeAddress[]): string[][] | null {
  const tokens = list.map(oneAddress);
  const known = tokens.filter((one) => one !== null);
  return known.length === tokens.length ? known : null;
}

function groupListTokens(groups: readonly ComposeGroup[]): string[][] | null {
  const tokens = groups.map(groupTokens);
  const known = tokens.filter((one) => one !== null);
  return known.length === tokens.length ? known.flat() : null;
}

function groupTokens(group: ComposeGroup): string[][] | null {
  const members = addressTokens(group.addresses);
  if (members === null || group.name === null) return members;
  const name = phraseTokens(group.name);
  return [[...name.slice(0, -1), `${name.at(-1) ?? ""}:`, ...withCommas(members), ";"]];
}

function withCommas(items: readonly (readonly string[])[]): string[] {
  return items.flatMap((tokens, i) =>
    i < items.length - 1 ? [...tokens.slice(0, -1), `${tokens.at(-1) ?? ""},`] : tokens,
  );
}
