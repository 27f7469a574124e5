import { type HeaderField, parseHeaders } from "../header/index.ts";

/** Fields that are signed where they stand (RFC 6376 §5.4.1). Not Sender and not the trace: others may change those on the way. */
const SIGNED = [
  ..."from reply-to subject date to cc message-id in-reply-to references mime-version content-type".split(
    " ",
  ),
  ..."content-transfer-encoding list-id list-help list-unsubscribe list-unsubscribe-post list-post".split(
    " ",
  ),
  ..."resent-from resent-to resent-cc resent-date resent-message-id auto-submitted".split(" "),
];

/** Signed once more than they stand there, so that nobody can add one (§5.4: a field that is missing is signed as missing). */
const OVERSIGNED = new Set(
  "from reply-to subject date to cc mime-version content-type content-transfer-encoding".split(" "),
);

const latin1 = (bytes: Uint8Array): string => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return text;
};
const octets = (text: string): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
};

/** A field in the "relaxed" form, without its line end (§3.4.2). */
function relaxed(name: string, value: string): string {
  const unfolded = value.replaceAll(/[\r\n]/g, "").replaceAll(/[ \t]+/g, " ");
  return `${name.toLowerCase()}:${unfolded.replace(/^ /, "").replace(/ $/, "")}`;
}

/** The part of a header that signatures cover. */
export interface SignedHeader {
  /** h=, in order */
  readonly names: readonly string[];
  /** the fields in their relaxed form, each with CRLF, in the order of `names` */
  readonly canonical: string;
}

/** @param header the header block of a message */
export function signedHeader(header: Uint8Array): SignedHeader {
  const byName = Map.groupBy(parseHeaders(header), (field) => field.name.toLowerCase());
  const names: string[] = [];
  const lines: string[] = [];
  for (const name of SIGNED) {
    // From the bottom up (§5.4.2).
    const fields: readonly HeaderField[] = (byName.get(name) ?? []).toReversed();
    for (const { valueStart, valueEnd } of fields) {
      names.push(name);
      lines.push(`${relaxed(name, latin1(header.subarray(valueStart, valueEnd)))}\r\n`);
    }
    if (OVERSIGNED.has(name)) names.push(name);
  }
  return { names, canonical: lines.join("") };
}

export interface SignatureTags {
  /** a= */
  readonly algorithm: "rsa-sha256" | "ed25519-sha256";
  /** d= */
  readonly domain: string;
  /** s= */
  readonly selector: string;
  /** t=, seconds since the epoch */
  readonly at: number;
  /** bh=, base64 of the SHA-256 of the relaxed body */
  readonly bodyHash: string;
}

/** Lines stay under 78 characters (RFC 5322 §2.1.1). */
const LINE_MAX = 76;

/** A list that may be folded after each of its separators. */
function fold(items: readonly string[], separator: string): string {
  const lines = [""];
  for (const [i, item] of items.entries()) {
    const text = i < items.length - 1 ? `${item}${separator}` : item;
    const last = lines.length - 1;
    if ((lines[last] ?? "").length + text.length > LINE_MAX) lines.push(text);
    else lines[last] += text;
  }
  return lines.join("\r\n\t");
}

/** A DKIM-Signature field that waits for its b= (§3.5).
 * @returns what b= is the signature of, and the whole field with its line end once b= is known, in base64 */
export function signatureField(
  header: SignedHeader,
  { algorithm, domain, selector, at, bodyHash }: SignatureTags,
): { readonly toSign: Uint8Array<ArrayBuffer>; readonly finish: (signature: string) => string } {
  const value = [
    ` v=1; a=${algorithm}; c=relaxed/relaxed; t=${at};`,
    `d=${domain}; s=${selector};`,
    `h=${fold(header.names, ":")};`,
    `bh=${bodyHash};`,
    "b=",
  ].join("\r\n\t");
  return {
    toSign: octets(header.canonical + relaxed("dkim-signature", value)),
    finish: (signature) => `DKIM-Signature:${value}${(signature.match(/.{1,72}/g) ?? []).join("\r\n\t")}\r\n`,
  };
}
