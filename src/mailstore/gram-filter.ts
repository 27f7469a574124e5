import { SipHash, type SipKey } from "./sip-hash.ts";

// What of a text stands in a filter: each three characters in a row, and each two of scripts whose words are that short.

/** With three bits for each, a filter of this many bits a gram says "maybe" to 6 % of the grams that are not there. */
const BITS_PER_GRAM = 6;
/** A text with more than this has no filter: it would be larger than many messages. */
const GRAMS_MAX = 60_000;
/** From here on scripts have words of one or two characters: Chinese, Japanese, Korean. */
const SHORT_WORDS_FROM = 0x2e80;

const TWO = 1;
const THREE = 2;

/** Two and three characters as one number below 2^50: what it is, and its characters. */
const gramOf = (kind: number, a: number, b: number, c: number): number =>
  ((kind * 65_536 + a) * 65_536 + b) * 65_536 + c;

const isShort = (code: number): boolean => code >= SHORT_WORDS_FROM && (code < 0xd800 || code > 0xf8ff);

/** The grams of a folded text, each as often as it is there. */
function visitGrams(text: string, visit: (gram: number) => void): void {
  let [a, b] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (at >= 2) visit(gramOf(THREE, a, b, c));
    if (at >= 1 && isShort(b) && isShort(c)) visit(gramOf(TWO, b, c, 0));
    a = b;
    b = c;
  }
}

/** What a filter must hold if its text holds `text`; empty for what is too short to tell. @param text folded */
export function gramsOf(text: string): readonly number[] {
  const grams = new Set<number>();
  visitGrams(text, (gram) => {
    // Of a longer text the three say all that the two do.
    if (text.length === 2 || gram >= THREE * 2 ** 48) grams.add(gram);
  });
  return [...grams];
}

/** Of which texts of a message a filter is. */
export type FilterOf = "head" | "body";

/** Four octets in the other order. */
const swapped = (word: number): number =>
  (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);

/** Hashes the grams of one message. The same gram has another place in each message, so filters can't be compared. */
export class GramHasher {
  readonly #sip = new SipHash();
  readonly #block = new Int32Array(2);
  readonly #id = new Int32Array(6);
  #key: SipKey = [0, 0, 0, 0];

  /** @param key of the tenant   @param messageId a UUID */
  begin(key: SipKey, messageId: string, of: FilterOf): void {
    const id = this.#id;
    // 17 octets: the UUID, and which half of the key of which filter it is.
    const hex = messageId.replaceAll("-", "");
    for (let i = 0; i < 4; i++) id[i] = swapped(Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16));
    id[5] = 17 << 24;
    const half = of === "head" ? 0 : 2;
    id[4] = half;
    this.#sip.hash(key, id);
    const { low, high } = this.#sip;
    id[4] = half + 1;
    this.#sip.hash(key, id);
    this.#key = [low, high, this.#sip.low, this.#sip.high];
  }

  /** The bits of a gram. @param bits how many the filter has, not 0 */
  places(gram: number, bits: number): readonly number[] {
    this.#hash(gram);
    const [first, step] = [this.#sip.low >>> 0, this.#sip.high >>> 0];
    return [first % bits, (first + step) % bits, (first + 2 * step) % bits];
  }

  #hash(gram: number): void {
    const block = this.#block;
    block[0] = (gram % 2 ** 32) | 0;
    // Seven octets of input, as the highest octet says.
    block[1] = Math.floor(gram / 2 ** 32) | (7 << 24);
    this.#sip.hash(this.#key, block);
  }
}

const ASCII_GRAMS = 2 ** 21;

/** Collects the grams of the texts of one message. */
export class GramSet {
  /** Grams of ASCII letters, which are most, by a bit each: a Set is ten times as slow. */
  readonly #seen = new Uint8Array(ASCII_GRAMS / 8);
  readonly #ascii: number[] = [];
  readonly #others = new Set<number>();

  get isTooLarge(): boolean {
    return this.#ascii.length + this.#others.size > GRAMS_MAX;
  }

  /** @param text folded; the end of what came before it stands in front, if it goes on */
  add(text: string): void {
    visitGrams(text, (gram) => {
      const [low, high] = [gram % 2 ** 32, Math.floor(gram / 2 ** 32)];
      const [a, b, c] = [high - THREE * 65_536, low >>> 16, low & 0xffff];
      if (a < 0 || a > 127 || b > 127 || c > 127) {
        this.#others.add(gram);
        return;
      }
      const at = (a << 14) | (b << 7) | c;
      const bit = 1 << (at & 7);
      const octet = this.#seen[at >>> 3] ?? 0;
      if ((octet & bit) !== 0) return;
      this.#seen[at >>> 3] = octet | bit;
      this.#ascii.push(gram);
    });
  }

  /** The filter of what was collected, and forgets it. @returns null when that was too much */
  take(hasher: GramHasher): Uint8Array | null {
    const count = this.#ascii.length + this.#others.size;
    const filter = this.isTooLarge ? null : new Uint8Array(Math.ceil((count * BITS_PER_GRAM) / 8));
    const bits = (filter?.length ?? 0) * 8;
    for (const gram of [...this.#ascii, ...this.#others]) {
      if (filter === null) break;
      for (const place of hasher.places(gram, bits))
        filter[place >>> 3] = (filter[place >>> 3] ?? 0) | (1 << (place & 7));
    }
    this.#ascii.length = 0;
    this.#others.clear();
    this.#seen.fill(0);
    return filter;
  }
}

/** More grams tell hardly more. */
const ASKED_MAX = 5;

/** What a search asks of filters: grams that all must be there. */
export class GramQuery {
  readonly #grams: readonly number[];

  /** @param texts folded; all of them are looked for */
  constructor(texts: readonly string[]) {
    const all = [...new Set(texts.flatMap(gramsOf))];
    const step = Math.max(1, all.length / ASKED_MAX);
    this.#grams = Array.from(
      { length: Math.min(all.length, ASKED_MAX) },
      (_, i) => all[Math.floor(i * step)] ?? 0,
    );
  }

  /** Whether it can tell anything. */
  get isUseful(): boolean {
    return this.#grams.length > 0;
  }

  /** The bits that must be set. @param hasher begun for the message   @param bytes of the filter, not 0 */
  bits(hasher: GramHasher, bytes: number): readonly number[] {
    return this.#grams.flatMap((gram) => hasher.places(gram, bytes * 8));
  }
}

/** Whether a filter has all these bits. */
export function hasBits(filter: Uint8Array, bits: readonly number[]): boolean {
  return bits.every((bit) => ((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0);
}
