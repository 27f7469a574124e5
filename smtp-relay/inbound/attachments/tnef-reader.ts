import { guessText } from "../../../src/protocol/encoding/index.ts";
import type { Inspection, LookedAt } from "./inspection.ts";
import { OctetCursor, RecordReader, type Records, type Want } from "./record-reader.ts";

export const TNEF = Uint8Array.from([0x78, 0x9f, 0x3e, 0x22]);

/** Looks at the files in a `winmail.dat` (MS-OXTNEF): their names, of which there can be several, and their content. */
export class TnefReader extends RecordReader {
  constructor(inspection: Inspection, path: string, depth: number) {
    super(new Attributes(inspection, path, depth).records(), inspection, path);
  }
}

const LEVEL_ATTACHMENT = 2;
/** Attributes of an attachment (§2.1.3.3), without their type. */
const [RENDERING, TITLE, DATA, PROPERTIES] = [0x9002, 0x8010, 0x800f, 0x9005];
/** Properties that are a name: PidTagDisplayName, AttachExtension, AttachFilename, AttachLongFilename (MS-OXPROPS). */
const NAMES: ReadonlySet<number> = new Set([0x3001, 0x3703, 0x3704, 0x3707]);
/** PidTagAttachDataBinary, or an embedded message or storage behind a class of 16 octets. */
const ATTACHED = 0x3701;
const NAME_MAX = 4_096;
/** More properties, or values of one of them, than anybody writes. */
const COUNT_MAX = 10_000;
const [TYPE_OBJECT, TYPE_STRING, TYPE_UNICODE, TYPE_BINARY, MULTIPLE] = [0x0d, 0x1e, 0x1f, 0x102, 0x1000];
/** Octets of the properties of a fixed size, filled up to four (§2.1.3.4). */
const SIZES: ReadonlyMap<number, number> = new Map([
  [0x02, 4],
  [0x03, 4],
  [0x04, 4],
  [0x05, 8],
  [0x06, 8],
  [0x07, 8],
  [0x0a, 4],
  [0x0b, 4],
  [0x14, 8],
  [0x40, 8],
  [0x48, 16],
]);

class Attributes {
  readonly #inspection: Inspection;
  readonly #path: string;
  readonly #depth: number;
  /** Attachments so far. Their names may stand behind their content: in a path they have a number. */
  #count = 0;

  constructor(inspection: Inspection, path: string, depth: number) {
    this.#inspection = inspection;
    this.#path = path;
    this.#depth = depth;
  }

  *records(): Records {
    yield { take: 6 };
    for (;;) {
      const [level] = yield { take: 1, mayEnd: true };
      // No length says where the last attribute ends: the file does, and some are filled up.
      if (level !== 1 && level !== LEVEL_ATTACHMENT) return;
      const head = new OctetCursor(yield { take: 8 });
      const id = head.number(2);
      head.skip(2);
      const length = head.number(4);
      if (level !== LEVEL_ATTACHMENT) yield { pass: length, into: null };
      else yield* this.#attachment(id, length);
      yield { take: 2 };
    }
  }

  *#attachment(id: number, length: number): Records {
    if (id === RENDERING) {
      this.#count += 1;
      this.#inspection.entry();
    }
    if (id === TITLE) this.#name(yield* taken(length), false);
    else if (id === DATA) yield { pass: length, into: this.#file() };
    else if (id === PROPERTIES) yield* this.#properties(length);
    else yield { pass: length, into: null };
  }

  /** Number of properties, then each with its type, name and values. Whatever they say, they end where the attribute does. */
  *#properties(length: number): Records {
    let left = length;
    const ask = function* (count: number): Generator<Want, OctetCursor | null, Uint8Array> {
      if (count > left) return null;
      left -= count;
      return new OctetCursor(yield { take: count });
    };
    const count = (yield* ask(4))?.number(4) ?? 0;
    for (let i = 0; i < Math.min(count, COUNT_MAX); i++) {
      const head = yield* ask(4);
      if (head === null) break;
      const [type, id] = [head.number(2), head.number(2)];
      if (id >= 0x8000) {
        const named = yield* ask(24);
        if (named === null) break;
        named.skip(16);
        const [kind, size] = [named.number(4), named.number(4)];
        if (kind !== 0) {
          const padded = Math.ceil(size / 4) * 4;
          if (padded > left) break;
          left -= padded;
          yield { pass: padded, into: null };
        }
      }
      const fixed = SIZES.get(type & ~MULTIPLE);
      const isVariable = VARIABLE.has(type & ~MULTIPLE);
      let values = 1;
      if ((type & MULTIPLE) !== 0 || isVariable) values = (yield* ask(4))?.number(4) ?? 0;
      if (fixed !== undefined) {
        if (fixed * values > left) break;
        left -= fixed * values;
        yield { pass: fixed * values, into: null };
        continue;
      }
      if (!isVariable) break; // nobody knows where it ends
      for (let value = 0; value < Math.min(values, COUNT_MAX); value++) {
        const size = (yield* ask(4))?.number(4) ?? left + 1;
        const padded = Math.ceil(size / 4) * 4;
        if (padded > left) break;
        left -= padded;
        yield* this.#value(id, type & ~MULTIPLE, size);
        yield { pass: padded - size, into: null };
      }
    }
    yield { pass: left, into: null };
  }

  *#value(id: number, type: number, size: number): Records {
    if (NAMES.has(id) && (type === TYPE_STRING || type === TYPE_UNICODE))
      this.#name(yield* taken(size), type === TYPE_UNICODE);
    else if (id === ATTACHED && type === TYPE_OBJECT && size > 16) {
      yield { take: 16 };
      yield { pass: size - 16, into: this.#file() };
    } else if (id === ATTACHED) yield { pass: size, into: this.#file() };
    else yield { pass: size, into: null };
  }

  #file(): LookedAt {
    return this.#inspection.file(`${this.#path}/${this.#count}`, this.#depth);
  }

  #name(octets: Uint8Array, isUnicode: boolean): void {
    const text = isUnicode ? new TextDecoder("utf-16le").decode(octets) : guessText(octets);
    const name = text.replace(/\0+$/, "");
    if (name !== "") this.#inspection.name(`${this.#path}/${name}`, name);
  }
}

const VARIABLE: ReadonlySet<number> = new Set([TYPE_OBJECT, TYPE_STRING, TYPE_UNICODE, TYPE_BINARY]);

/** So many octets, the last of them in hand: a name ends in what counts. */
function* taken(length: number): Generator<Want, Uint8Array, Uint8Array> {
  const kept = Math.min(length, NAME_MAX);
  yield { pass: length - kept, into: null };
  return yield { take: kept };
}
