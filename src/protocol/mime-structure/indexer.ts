import { fieldNameEnd } from "../header/index.ts";
import { MAX_BOUNDARY } from "./part-fields.ts";
import { MIME_LIMITS } from "./mime-index.ts";
import type { MimeIndex, MimeLimits } from "./mime-index.ts";
import { PartStack } from "./part-stack.ts";
import type { Delimiter } from "./part-stack.ts";

const LF = 10;
const CR = 13;
const DASH = 45;
const NONE = new Uint8Array(0);

/** Indexes a message while it streams by. Neither call throws, whatever the bytes are. */
export interface MimeIndexer {
  /** The next bytes, any number of them. They are not kept. */
  push(chunk: Uint8Array): void;
  /** The index. Call it once, after the last byte. */
  end(): MimeIndex;
}

/** So many octets of a line are enough to know a boundary or a field name by. */
const LINE_HEAD_BYTES = MAX_BOUNDARY + 4;

/** Where a line stands in the message. */
interface Line {
  readonly at: number;
  /** Octets of the line end before it. */
  readonly lineEnd: number;
  /** Offset of the next line. */
  readonly next: number;
  /** Line ends before the next line. */
  readonly nextLines: number;
}

/**
 * Scans line by line. Of a line that a chunk cuts only the beginning is kept, of a header that a chunk cuts at
 * most `headerBytes`; all else is looked at in place. So the cost is one pass and the memory is bounded.
 */
class Indexer implements MimeIndexer {
  readonly #limits: MimeLimits;
  readonly #parts: PartStack;
  #inHeader = true;
  #chunk: Uint8Array = NONE;
  /** Offset of the chunk in the message. */
  #base = 0;
  /** Index in the chunk of the first body byte that the open part has not been given. */
  #fed = 0;
  /** Line ends so far. */
  #lines = 0;

  /** The line that the last chunk cut: its start, its first bytes if they still matter, the line end before it. */
  #cut = false;
  #cutAt = 0;
  #cutLineEnd = 0;
  #head: Uint8Array = NONE;
  #headLength = 0;
  /** The last two bytes before the chunk. */
  #last = 0;
  #beforeLast = 0;

  /** Start of the header being read, and its beginning if the last chunk cut it. */
  #headerStart = 0;
  #headerLines = 0;
  /** The first line of the header is no header line. */
  #doubtful = false;
  #header: Uint8Array = NONE;
  #headerLength = 0;

  constructor(limits: MimeLimits) {
    this.#limits = limits;
    this.#parts = new PartStack(limits);
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunk = chunk;
    this.#fed = 0;
    let at = this.#cut ? this.#resumeLine() : 0;
    while (at < chunk.length) at = this.#inHeader ? this.#headerLine(at) : this.#bodyLines(at);
    if (this.#inHeader) this.#keepHeader(chunk.length);
    else if (this.#headLength === 0) this.#feed(chunk.length);
    this.#beforeLast = chunk.length > 1 ? (chunk[chunk.length - 2] ?? 0) : this.#last;
    this.#last = chunk[chunk.length - 1] ?? 0;
    this.#base += chunk.length;
    this.#chunk = NONE;
  }

  end(): MimeIndex {
    this.#fed = 0;
    if (this.#headLength > 0) {
      const line = {
        at: this.#cutAt,
        lineEnd: this.#cutLineEnd,
        next: this.#base,
        nextLines: this.#lines,
      };
      const wasHeader = this.#inHeader;
      if (!this.#line(this.#head, 0, this.#headLength, line) && !wasHeader) this.#feedHead();
    }
    if (this.#inHeader && this.#doubtful) this.#takeAsText(this.#base);
    while (this.#inHeader) this.#endHeader(this.#base, this.#lines);
    return this.#parts.end(this.#base, this.#lines);
  }

  /** Reads one header line that begins at an index of the chunk. Returns where the next line begins. */
  #headerLine(from: number): number {
    const chunk = this.#chunk;
    const lf = chunk.indexOf(LF, from);
    if (lf < 0) return this.#cutLine(from);
    const to = Math.min(lf, from + LINE_HEAD_BYTES);
    const lineEnd = this.#lineEndBefore(from);
    const next = this.#base + lf + 1;
    const line = { at: this.#base + from, lineEnd, next, nextLines: this.#lines + 1 };
    if (this.#line(chunk, from, to, line)) this.#fed = lf + 1;
    return lf + 1;
  }

  /** Reads body lines from an index of the chunk, up to a boundary or the end. Returns where the next line begins. */
  #bodyLines(from: number): number {
    const chunk = this.#chunk;
    const watching = this.#parts.watching();
    let at = from;
    let lines = this.#lines;
    while (at < chunk.length) {
      const lf = chunk[at] === LF ? at : chunk.indexOf(LF, at);
      if (lf < 0) break;
      if (watching && chunk[at] === DASH && chunk[at + 1] === DASH) {
        const found = this.#parts.delimiter(chunk, at, Math.min(lf, at + LINE_HEAD_BYTES));
        if (found !== null) {
          this.#lines = lines;
          this.#feed(at);
          const lineEnd = this.#lineEndBefore(at);
          const next = this.#base + lf + 1;
          this.#delimit(found, { at: this.#base + at, lineEnd, next, nextLines: lines + 1 });
          this.#fed = lf + 1;
          return lf + 1;
        }
      }
      lines++;
      at = lf + 1;
    }
    this.#lines = lines;
    return at < chunk.length ? this.#cutLine(at) : at;
  }

  /** The chunk ends in the line that begins at `from`. */
  #cutLine(from: number): number {
    const chunk = this.#chunk;
    this.#cut = true;
    const mayDelimit =
      this.#parts.watching() &&
      chunk[from] === DASH &&
      (from + 1 === chunk.length || chunk[from + 1] === DASH);
    if (!this.#inHeader && !mayDelimit) return chunk.length;
    if (!this.#inHeader) this.#feed(from);
    this.#cutAt = this.#base + from;
    this.#cutLineEnd = this.#lineEndBefore(from);
    this.#growHead(from, chunk.length);
    return chunk.length;
  }

  /** Goes on with the line that the last chunk cut. Returns where the next line begins. */
  #resumeLine(): number {
    const chunk = this.#chunk;
    const lf = chunk.indexOf(LF);
    if (this.#headLength === 0) {
      // In the middle of a body line that is no boundary.
      if (lf < 0) return chunk.length;
      this.#cut = false;
      this.#lines++;
      return lf + 1;
    }
    const taken = this.#growHead(0, lf < 0 ? chunk.length : lf);
    if (lf < 0) return chunk.length;
    if (this.#headLength === 0) {
      this.#cut = false;
      this.#lines++;
      return lf + 1;
    }
    this.#cut = false;
    const line = {
      at: this.#cutAt,
      lineEnd: this.#cutLineEnd,
      next: this.#base + lf + 1,
      nextLines: this.#lines + 1,
    };
    const wasHeader = this.#inHeader;
    if (this.#line(this.#head, 0, this.#headLength, line)) this.#fed = lf + 1;
    else if (!wasHeader) {
      this.#feedHead();
      this.#fed = taken;
    }
    this.#headLength = 0;
    return lf + 1;
  }

  /**
   * Keeps more of the beginning of a cut line; once it is certain that the line is body text, gives it to the part.
   * Returns how far into the chunk bytes were taken.
   */
  #growHead(from: number, to: number): number {
    if (this.#head.length === 0) this.#head = new Uint8Array(LINE_HEAD_BYTES);
    const end = Math.min(to, from + LINE_HEAD_BYTES - this.#headLength);
    this.#head.set(this.#chunk.subarray(from, end), this.#headLength);
    this.#headLength += end - from;
    if (this.#inHeader || !this.#isBodyText()) return end;
    this.#feedHead();
    this.#headLength = 0;
    this.#fed = end;
    return end;
  }

  /** True if the kept beginning of a body line is enough to tell that it is no boundary. */
  #isBodyText(): boolean {
    if (this.#headLength < LINE_HEAD_BYTES && this.#headLength < this.#parts.delimiterBytes()) return false;
    return this.#parts.delimiter(this.#head, 0, this.#headLength) === null;
  }

  /**
   * Takes a line, of which `[from, to)` are the first bytes.
   * @returns false if it is body text. The caller feeds it, unless it was in a header: then it will be fed with what
   *   stands before it
   */
  #line(bytes: Uint8Array, from: number, to: number, line: Line): boolean {
    const found = this.#parts.watching() ? this.#parts.delimiter(bytes, from, to) : null;
    if (found !== null) {
      if (this.#inHeader && this.#doubtful) {
        this.#takeAsText(line.at);
        if (line.at > this.#base) this.#feed(line.at - this.#base);
      }
      // A header that a boundary ends has no body.
      while (this.#inHeader) this.#endHeader(line.at, this.#lines);
      this.#delimit(found, line);
      return true;
    }
    if (!this.#inHeader) {
      this.#lines = line.nextLines;
      return false;
    }
    const isBlank = to === from || (to === from + 1 && bytes[from] === CR);
    const isFirst = line.at === this.#headerStart;
    const isField = !isBlank && (fieldNameEnd(bytes, from, to) >= 0 || isMboxFrom(bytes, from, to));
    if (this.#doubtful && !isField) {
      this.#takeAsText(Math.max(line.at, this.#base));
      this.#lines = line.nextLines;
      return false;
    }
    this.#doubtful = isFirst && !isField && !isBlank;
    this.#lines = line.nextLines;
    if (isBlank) this.#endHeader(line.next, this.#lines);
    return true;
  }

  /**
   * Two lines that are no header lines where a header should begin: there is no header, the text begins here. (One bad
   * line is passed over, or it would turn the fields after it to text.)
   *
   * @param to offset up to which earlier chunks held text
   */
  #takeAsText(to: number): void {
    const start = this.#headerStart;
    const kept = Math.min(this.#headerLength, to - start);
    this.#doubtful = false;
    while (this.#inHeader) this.#endHeader(start, this.#headerLines);
    if (start < this.#base) this.#give(this.#header, 0, kept);
    this.#fed = Math.max(0, start - this.#base);
  }

  #delimit(found: Delimiter, line: Line): void {
    const end = { at: line.at, lineEnd: line.lineEnd, lines: this.#lines };
    this.#lines = line.nextLines;
    this.#inHeader = this.#parts.delimit(found, end, line.next, line.nextLines);
    this.#beginHeader(line.next, line.nextLines);
  }

  #beginHeader(at: number, lines: number): void {
    this.#headerStart = at;
    this.#headerLines = lines;
    this.#headerLength = 0;
    this.#doubtful = false;
  }

  /** The header of the innermost part ends at an offset of the message, and its body begins there. */
  #endHeader(end: number, lines: number): void {
    const start = this.#headerStart;
    if (start >= this.#base) {
      const to = Math.min(end - this.#base, start - this.#base + this.#limits.headerBytes);
      this.#inHeader = this.#parts.endHeader(this.#chunk, start - this.#base, to, end, lines);
    } else {
      this.#keepHeader(end - this.#base);
      const length = Math.min(this.#headerLength, end - start);
      this.#inHeader = this.#parts.endHeader(this.#header, 0, length, end, lines);
    }
    this.#beginHeader(end, lines);
  }

  /** Keeps the part of the header that is in this chunk, up to index `to`. */
  #keepHeader(to: number): void {
    const from = Math.max(0, this.#headerStart - this.#base);
    const end = Math.min(to, from + this.#limits.headerBytes - this.#headerLength);
    if (end <= from) return;
    const length = this.#headerLength + end - from;
    if (length > this.#header.length) {
      const grown = new Uint8Array(Math.max(4096, length * 2));
      grown.set(this.#header.subarray(0, this.#headerLength));
      this.#header = grown;
    }
    this.#header.set(this.#chunk.subarray(from, end), this.#headerLength);
    this.#headerLength = length;
  }

  /** Gives the open part its body bytes up to an index of the chunk. */
  #feed(to: number): void {
    if (to > this.#fed) this.#give(this.#chunk, this.#fed, to);
    this.#fed = to;
  }

  #feedHead(): void {
    this.#give(this.#head, 0, this.#headLength);
  }

  #give(bytes: Uint8Array, from: number, to: number): void {
    const { meter, head } = this.#parts.top();
    meter?.push(bytes, from, to);
    head?.push(bytes, from, to);
  }

  /** Octets of the line end before a line that begins at an index of the chunk. */
  #lineEndBefore(index: number): number {
    if (this.#base + index === 0) return 0;
    const before = index >= 2 ? this.#chunk[index - 2] : index === 1 ? this.#last : this.#beforeLast;
    return before === CR ? 2 : 1;
  }
}

/** The line that mbox files put before a message, `From a@b Mon Jan ..`, also quoted. */
function isMboxFrom(bytes: Uint8Array, from: number, to: number): boolean {
  const at = bytes[from] === 62 ? from + 1 : from;
  return (
    at + 5 <= to &&
    bytes[at] === 70 &&
    bytes[at + 1] === 114 &&
    bytes[at + 2] === 111 &&
    bytes[at + 3] === 109 &&
    bytes[at + 4] === 32
  );
}

/** @param limits what to bound differently from {@link MIME_LIMITS} */
export function newMimeIndexer(limits: Partial<MimeLimits> = {}): MimeIndexer {
  return new Indexer({ ...MIME_LIMITS, ...limits });
}

/** Indexes a message that is in memory already. */
export function indexMessage(message: Uint8Array, limits: Partial<MimeLimits> = {}): MimeIndex {
  const indexer = newMimeIndexer(limits);
  indexer.push(message);
  return indexer.end();
}
