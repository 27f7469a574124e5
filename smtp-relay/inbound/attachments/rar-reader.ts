import { guessText } from "../../../src/protocol/encoding/index.ts";
import type { Inspection, LookedAt } from "./inspection.ts";
import { OctetCursor, RecordReader, type Records, TAKE_MAX } from "./record-reader.ts";
import { rarName } from "./rar-name.ts";

/** Both begin with `Rar!`; what follows tells the format (RAR 1.5 to 4, and RAR 5). */
export const RAR_4 = Uint8Array.from([0x52, 0x61, 0x72, 0x21, 0x1a, 7, 0]);
export const RAR_5 = Uint8Array.from([0x52, 0x61, 0x72, 0x21, 0x1a, 7, 1, 0]);

/** Looks at the files of a RAR archive: at their names, and into those that are stored as they are. Nothing free unpacks the others,
 * so with them the archive is one that can't be opened. */
export class RarReader extends RecordReader {
  constructor(inspection: Inspection, path: string, depth: number) {
    super(new Archive(inspection, path, depth).records(), inspection, path);
  }
}

/** One file as its header tells. */
interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isEncrypted: boolean;
  /** It is stored as it is, and all of it is here. */
  readonly isPlain: boolean;
}

class Archive {
  readonly #inspection: Inspection;
  readonly #path: string;
  readonly #depth: number;

  constructor(inspection: Inspection, path: string, depth: number) {
    this.#inspection = inspection;
    this.#path = path;
    this.#depth = depth;
  }

  *records(): Records {
    const signature = yield { take: RAR_4.length };
    if (signature.at(-1) === 0) yield* this.#version4();
    else {
      yield { take: 1 };
      yield* this.#version5();
    }
  }

  /** Blocks: check sum, type, flags, size of the header (technote.txt of RAR 3 and 4). */
  *#version4(): Records {
    for (;;) {
      const base = new OctetCursor(yield { take: 7, mayEnd: true });
      base.skip(2);
      const [type, flags, size] = [base.number(1), base.number(2), base.number(2)];
      if (size < 7) {
        this.#shut("damaged");
        return;
      }
      const header = yield { take: size - 7 };
      if (type === MAIN_4 && (flags & 0x80) !== 0) {
        this.#shut("password");
        return;
      }
      if (type === END_4) return;
      if (type !== FILE_4 && type !== SERVICE_4) {
        const data = (flags & 0x8000) === 0 ? 0 : new OctetCursor(header).number(4);
        yield { pass: data, into: null };
        continue;
      }
      const fields = new OctetCursor(header);
      const low = fields.number(4);
      fields.skip(14);
      const method = fields.number(1);
      const nameSize = fields.number(2);
      fields.skip(4);
      const high = (flags & 0x100) === 0 ? 0 : fields.number(4);
      if ((flags & 0x100) !== 0) fields.skip(4);
      const name = fields.bytes(nameSize);
      if (fields.isShort) {
        this.#shut("damaged");
        return;
      }
      const into =
        type === SERVICE_4
          ? null
          : this.#entry({
              name: rarName(name, (flags & 0x200) !== 0),
              isFolder: (flags & 0xe0) === 0xe0,
              isEncrypted: (flags & 4) !== 0,
              isPlain: method === 0x30 && (flags & 3) === 0,
            });
      yield { pass: high * 2 ** 32 + low, into };
    }
  }

  /** Blocks: check sum, size of what follows, type, flags (the published description of RAR 5.0). */
  *#version5(): Records {
    for (;;) {
      yield { take: 4, mayEnd: true };
      const size = yield* this.#number();
      if (size === null || size === 0 || size > TAKE_MAX) {
        this.#shut("damaged");
        return;
      }
      const header = new OctetCursor(yield { take: size });
      const [type, flags] = [variable(header), variable(header)];
      const extra = (flags & 1) === 0 ? 0 : variable(header);
      const data = (flags & 2) === 0 ? 0 : variable(header);
      if (type === ENCRYPTION_5) {
        this.#shut("password");
        return;
      }
      if (type === END_5) return;
      if (type !== FILE_5) {
        if (header.isShort) {
          this.#shut("damaged");
          return;
        }
        yield { pass: data, into: null };
        continue;
      }
      const fileFlags = variable(header);
      variable(header); // unpacked
      variable(header); // attributes
      if ((fileFlags & 2) !== 0) header.skip(4);
      if ((fileFlags & 4) !== 0) header.skip(4);
      const compression = variable(header);
      variable(header); // system
      const name = header.bytes(variable(header));
      if (header.isShort) {
        this.#shut("damaged");
        return;
      }
      header.skip(Math.max(0, header.left - extra));
      const into = this.#entry({
        name: guessText(name),
        isFolder: (fileFlags & 1) !== 0,
        isEncrypted: hasEncryption(header),
        isPlain: ((compression >> 7) & 7) === 0 && (flags & 0x18) === 0,
      });
      yield { pass: data, into };
    }
  }

  #shut(why: "damaged" | "password"): void {
    this.#inspection.closed(this.#path, why);
  }

  /** A number that stands between records: seven bits an octet, the lowest first. */
  *#number(): Generator<{ take: number }, number | null, Uint8Array> {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const [octet = 0] = yield { take: 1 };
      value += (octet & 0x7f) * 2 ** (7 * i);
      if (octet < 0x80) return value;
    }
    return null;
  }

  /** @returns who looks at its content */
  #entry({ name, isFolder, isEncrypted, isPlain }: Entry): LookedAt | null {
    if (isFolder) return null;
    const path = `${this.#path}/${name}`;
    this.#inspection.entry();
    this.#inspection.name(path, name);
    if (isEncrypted) this.#inspection.closed(this.#path, "password");
    else if (isPlain) return this.#inspection.file(path, this.#depth);
    else this.#inspection.closed(this.#path, "kind");
    return null;
  }
}

const [MAIN_4, FILE_4, SERVICE_4, END_4] = [0x73, 0x74, 0x7a, 0x7b];
const [FILE_5, ENCRYPTION_5, END_5] = [2, 4, 5];

function variable(cursor: OctetCursor): number {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const octet = cursor.number(1);
    value += (octet & 0x7f) * 2 ** (7 * i);
    if (octet < 0x80) break;
  }
  return value;
}

/** Among the records behind a file's header: size, type, and what belongs to it. Type 1 is encryption. */
function hasEncryption(extra: OctetCursor): boolean {
  while (extra.left > 0) {
    const size = variable(extra);
    const before = extra.left;
    if (variable(extra) === 1) return true;
    extra.skip(Math.max(0, size - (before - extra.left)));
  }
  return false;
}
