import { decodeUtf7 } from "./utf7.ts";

/** Text of some bytes, and whether they really were in the charset they were said to be in. */
export interface DecodedText {
  readonly text: string;
  /** True if the charset is unknown or the bytes are not valid in it: JMAP's `isEncodingProblem`. */
  readonly problem: boolean;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const windows1252 = new TextDecoder("windows-1252");

// Only labels that name a real encoding are kept, so a hostile label can't make this grow.
const decoders = new Map<string, TextDecoder>();

const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/^(?:windows|win|cp|x-cp)[-_ ]?(125\d|874)$/, "windows-$1"],
  [/^(?:iso)?[-_ ]?8859[-_ ]?(\d{1,2})(?:[-_:]?\d{4})?$/, "iso-8859-$1"],
  [/^(?:cp|ibm|x-)?[-_]?(?:932|ms932|windows-?31j|mskanji)$/, "shift_jis"],
  [/^(?:cp|ibm|windows-|x-)?[-_]?936$/, "gbk"],
  [/^(?:cp|windows-|x-)?[-_]?949$/, "euc-kr"],
  [/^(?:cp|windows-|x-)?[-_]?950$/, "big5"],
  [/^(?:cp|ibm)?[-_]?65001$|^utf[-_ ]?8.*$|^x-utf-?8$/, "utf-8"],
  [/^(?:cp|ibm)[-_]?(866)$/, "ibm866"],
];

function labelOf(charset: string): string {
  const label = charset
    .slice(0, 80)
    .trim()
    .toLowerCase()
    .replace(/^["']+|["']+$/g, "")
    .replace(/^cs(?=[a-z])/, "")
    .trim();
  for (const [pattern, name] of SPELLINGS) if (pattern.test(label)) return label.replace(pattern, name);
  return label;
}

function decoderFor(label: string): TextDecoder | null {
  const known = decoders.get(label);
  if (known !== undefined) return known;
  try {
    const decoder = new TextDecoder(label);
    decoders.set(label, decoder);
    return decoder;
  } catch {
    return null;
  }
}

function utf8OrNull(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

/** True if no byte has its high bit set. */
function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] ?? 0) > 127) return false;
  return true;
}

/** Bytes of no known charset: UTF-8 if they are valid UTF-8, else windows-1252, which maps every byte. */
export function guessText(bytes: Uint8Array): string {
  return utf8OrNull(bytes) ?? windows1252.decode(bytes);
}

function declaredUtf8(bytes: Uint8Array): DecodedText {
  const text = utf8OrNull(bytes);
  if (text !== null) return { text: text.startsWith("\uFEFF") ? text.slice(1) : text, problem: false };
  // Not one valid sequence: most likely a one-byte charset under a wrong label.
  const lenient = lenientUtf8.decode(bytes);
  const anyValid = /[^\p{ASCII}\uFFFD]/u.test(lenient);
  return { text: anyValid ? lenient : windows1252.decode(bytes), problem: true };
}

function utf16(bytes: Uint8Array): DecodedText {
  // RFC 2781 §4.3: without a byte order mark "UTF-16" is big-endian. TextDecoder would take little-endian.
  const little = bytes[0] === 0xff && bytes[1] === 0xfe;
  const decoder = decoderFor(little ? "utf-16le" : "utf-16be");
  const text = decoder === null ? guessText(bytes) : decoder.decode(bytes);
  return { text, problem: text.includes("\uFFFD") };
}

const UTF16 = /^utf[-_]?16$|^unicode$|^ucs-?2$/;
const UTF7 = /^(?:unicode-1-1-)?utf-?7$/;

/**
 * Decodes text of a declared charset (RFC 2046 §4.1.2). Missing or US-ASCII: 8-bit bytes are taken as UTF-8 if
 * valid, else windows-1252, and reported as a problem. Unknown charset: the same guess, always a problem unless
 * the bytes are ASCII.
 */
export function decodeText(bytes: Uint8Array, charset: string | null): DecodedText {
  const label = charset === null ? "" : labelOf(charset);
  if (label === "utf-8") return declaredUtf8(bytes);
  if (label === "" || /^(?:us-?)?ascii$|^ansi_x3\.|^iso[-_]?646|^x-?unknown|^unknown/.test(label)) {
    return isAscii(bytes)
      ? { text: windows1252.decode(bytes), problem: false }
      : { text: guessText(bytes), problem: true };
  }
  if (UTF16.test(label)) return utf16(bytes);
  if (UTF7.test(label)) return decodeUtf7(bytes);
  const decoder = decoderFor(label);
  if (decoder === null) return { text: guessText(bytes), problem: !isAscii(bytes) };
  const text = decoder.decode(bytes);
  return { text, problem: text.includes("\uFFFD") };
}

/** A decoder that takes nothing but what is valid in a charset; undefined when the charset is not known. */
export function strictDecoder(charset: string): ((bytes: Uint8Array) => string | undefined) | undefined {
  const label = labelOf(charset);
  if (UTF7.test(label)) return (bytes) => strictly(decodeUtf7(bytes));
  if (UTF16.test(label)) return (bytes) => strictly(utf16(bytes));
  // US-ASCII is a part of UTF-8, and who sends more under its name means that.
  const name = /^(?:us-?)?ascii$|^ansi_x3\.|^iso[-_]?646/.test(label) ? "utf-8" : label;
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(name, { fatal: true, ignoreBOM: true });
  } catch {
    return undefined;
  }
  return (bytes) => {
    try {
      return decoder.decode(bytes);
    } catch {
      return undefined;
    }
  };
}

const strictly = ({ text, problem }: DecodedText): string | undefined => (problem ? undefined : text);

/**
 * Where to cut `bytes[from, to)` so that its end does not split a UTF-8 sequence. Bytes that are no UTF-8 at all
 * lose nothing.
 */
export function utf8Cut(bytes: Uint8Array, from: number, to: number): number {
  for (let back = 1; back <= 3 && to - back >= from; back++) {
    const byte = bytes[to - back] ?? 0;
    if (byte < 0x80) return to;
    if (byte >= 0xc2) {
      if (byte > 0xf4) return to;
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? to - back : to;
    }
  }
  return to;
}
