import { guessText, newTransferDecoder, type TransferDecoder } from "../../../src/protocol/encoding/index.ts";
import { type FileReader, type Inspection, joined, type LookedAt } from "./inspection.ts";

const [LF, CR, SPACE, LAST] = [10, 13, 32, 96];
const BEGIN = Buffer.from("begin");
/** A longer line is none of a file. */
const LINE_MAX = 1_000;

interface OpenFile {
  readonly file: LookedAt;
  /** Of the form that `uuencode -m` makes; null: the old one. */
  readonly base64: TransferDecoder | null;
}

/** Finds files that stand between the lines of a text (POSIX uuencode: `begin 644 name` … `end`, and its base64 form), as mail
 * programs do. A line that says begin in a sentence begins none: what follows must be a line of a file. */
export class UuencodeReader implements FileReader {
  readonly #inspection: Inspection;
  readonly #path: string;
  readonly #depth: number;
  /** The beginning of a line that the last chunk cut. */
  #cut: Uint8Array = new Uint8Array(0);
  /** The rest of a line that is too long to matter goes by. */
  #isInLine = false;
  /** A file that begins, if the next line is one of a file. */
  #announced: { readonly name: string; readonly isBase64: boolean } | null = null;
  #open: OpenFile | null = null;

  /** @param depth of archives that the text is in */
  constructor(inspection: Inspection, path: string, depth: number) {
    this.#inspection = inspection;
    this.#path = path;
    this.#depth = depth;
  }

  async push(chunk: Uint8Array): Promise<void> {
    const octets = this.#cut.length === 0 ? chunk : joined(this.#cut, chunk);
    this.#cut = new Uint8Array(0);
    for (let at = 0; at < octets.length && !this.#inspection.isOver;) {
      if (this.#open === null && this.#announced === null) at = this.#nextBegin(octets, at);
      const lf = octets.indexOf(LF, at);
      if (this.#isInLine) {
        this.#isInLine = lf < 0;
      } else if (lf >= 0) await this.#line(octets.subarray(at, lf));
      else if (octets.length - at <= LINE_MAX) this.#cut = octets.slice(at);
      else this.#isInLine = true;
      if (lf < 0) return;
      at = lf + 1;
    }
  }

  async end(): Promise<void> {
    if (this.#cut.length > 0 && !this.#inspection.isOver) await this.#line(this.#cut);
    await this.#close();
  }

  /** The start of the line in which the next `begin` stands, or that of the last line. */
  #nextBegin(octets: Uint8Array, from: number): number {
    if (this.#isInLine) return from;
    const view = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
    for (let at = view.indexOf(BEGIN, from); at >= 0; at = view.indexOf(BEGIN, at + 1))
      if (at === from || view[at - 1] === LF) return at;
    return Math.max(from, view.lastIndexOf(LF, octets.length - 1) + 1);
  }

  async #line(whole: Uint8Array): Promise<void> {
    const line = whole.at(-1) === CR ? whole.subarray(0, -1) : whole;
    const announced = this.#announced;
    this.#announced = null;
    if (announced !== null && (announced.isBase64 ? isBase64Line(line) : isDataLine(line))) {
      const path = `${this.#path}/${announced.name}`;
      this.#inspection.entry();
      this.#inspection.name(path, announced.name);
      const base64 = announced.isBase64 ? newTransferDecoder("base64") : null;
      this.#open = { file: this.#inspection.file(path, this.#depth), base64 };
    }
    const open = this.#open;
    if (open !== null && (open.base64 === null ? isDataLine(line) : isBase64Line(line))) {
      if (!open.file.isDone) await open.file.push(open.base64?.push(line) ?? decoded(line));
      return;
    }
    await this.#close();
    this.#announced = announcedBy(line);
  }

  async #close(): Promise<void> {
    const file = this.#open?.file;
    this.#open = null;
    await file?.end();
  }
}

/** Mode and name. Some readers do without the mode. */
function announcedBy(line: Uint8Array): { name: string; isBase64: boolean } | null {
  if (line.length > LINE_MAX || line.length < BEGIN.length || !BEGIN.equals(line.subarray(0, BEGIN.length)))
    return null;
  const found = /^begin(-base64)? +(?:[0-7]{3,5} +)?(\S.*)$/.exec(guessText(line));
  return found === null ? null : { name: (found[2] ?? "").trimEnd(), isBase64: found[1] !== undefined };
}

const isBase64Line = (line: Uint8Array): boolean =>
  line.length > 0 &&
  line.length <= LINE_MAX &&
  /^[A-Za-z0-9+/]+={0,2}$/.test(Buffer.from(line).toString("latin1"));

/** How many octets, then four characters for each three; blanks at the end may have been lost, and a check sum may follow. */
function isDataLine(line: Uint8Array): boolean {
  const count = octetsOf(line);
  if (count === 0 || line.length < 2 || line.length > Math.ceil(count / 3) * 4 + 3) return false;
  return line.every((octet) => octet >= SPACE && octet <= LAST);
}

const octetsOf = (line: Uint8Array): number => ((line[0] ?? SPACE) - SPACE) & 63;

/** @param line a data line */
function decoded(line: Uint8Array): Uint8Array {
  const count = octetsOf(line);
  const value = (at: number): number => ((line[at] ?? SPACE) - SPACE) & 63;
  const octets = new Uint8Array(count + 2);
  for (let at = 1, to = 0; to < count; at += 4) {
    const bits = (value(at) << 18) | (value(at + 1) << 12) | (value(at + 2) << 6) | value(at + 3);
    octets[to++] = bits >> 16;
    octets[to++] = bits >> 8;
    octets[to++] = bits;
  }
  return octets.subarray(0, count);
}
