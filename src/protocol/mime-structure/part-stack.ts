import { parseDateTime, parseMessageIds } from "../header/index.ts";
import { hasAttachment } from "./body-lists.ts";
import { readEnvelope } from "./envelope.ts";
import { fieldReader } from "./header-slots.ts";
import type { TextBudget } from "./header-slots.ts";
import type { MimeIndex, MimeLimits, MimePart } from "./mime-index.ts";
import { becomeOpaque, becomeText, BodyHead, closePart, newLengthMeter, openPart } from "./open-part.ts";
import type { EndPoint, OpenPart } from "./open-part.ts";
import { boundaryOf, isEncoded, readPartFields } from "./part-fields.ts";
import { previewOf } from "./preview.ts";

const DASH = 45;
/** Bodies that may become the preview: the first few texts, and so much of each. HTML begins with its styles. */
const PREVIEW_TEXTS = 8;
const PLAIN_HEAD_BYTES = 4096;
const HTML_HEAD_BYTES = 16_384;

type Ids = Pick<MimeIndex, "ids" | "inReplyTo" | "refs" | "sent">;

/** A line that begins with an open boundary. */
export interface Delimiter {
  readonly depth: number;
  /** `--boundary--`. */
  readonly closing: boolean;
}

/** The parts that are open at the scanner's place, and what becomes of each header and each boundary line. */
export class PartStack {
  readonly #limits: MimeLimits;
  readonly #budget: TextBudget;
  readonly #stack: OpenPart[];
  /** Depths of the multiparts whose boundary counts, outermost first. */
  #watched: number[] = [];
  #count = 1;
  #messageDepth = 0;
  #longest = 0;
  #root: MimePart | null = null;
  #ids: Ids = { sent: null };
  #heads = 0;
  readonly #texts = new Map<MimePart, BodyHead>();

  constructor(limits: MimeLimits) {
    this.#limits = limits;
    this.#budget = { left: limits.textBytes };
    this.#stack = [openPart(0, false, true)];
  }

  /** The innermost open part. */
  top(): OpenPart {
    const top = this.#stack.at(-1);
    if (top === undefined) throw new Error("the part stack is empty");
    return top;
  }

  /** True if a line that begins with `--` may be a boundary. */
  watching(): boolean {
    return this.#watched.length > 0;
  }

  /** So many octets of a line tell whether it is a boundary, and whether it closes. */
  delimiterBytes(): number {
    return this.#longest + 4;
  }

  /**
   * The delimiter a line begins with (RFC 2046 §5.1.1: what follows the boundary does not matter). The longest
   * boundary wins, so that one may be the beginning of another; of equal ones the innermost.
   */
  delimiter(line: Uint8Array, from: number, to: number): Delimiter | null {
    if (to - from < 3 || line[from] !== DASH || line[from + 1] !== DASH) return null;
    let depth = -1;
    let length = 0;
    for (let i = this.#watched.length - 1; i >= 0; i--) {
      const at = this.#watched[i] ?? 0;
      const boundary = this.#stack[at]?.boundary ?? null;
      if (boundary === null || boundary.length <= length || !startsWith(line, from + 2, to, boundary))
        continue;
      depth = at;
      length = boundary.length;
    }
    if (depth < 0) return null;
    const after = from + 2 + length;
    return { depth, closing: after + 1 < to && line[after] === DASH && line[after + 1] === DASH };
  }

  /**
   * Takes the header of the innermost part, whose body starts at `bodyStart`.
   * @returns true if another header begins there: that of a message inside
   */
  endHeader(header: Uint8Array, from: number, to: number, bodyStart: number, lines: number): boolean {
    const open = this.top();
    const read = fieldReader(header, from, to, this.#budget);
    open.bodyStart = bodyStart;
    open.linesBefore = lines;
    open.fields = readPartFields(read, open.inDigest, this.#limits);
    if (open.isMessage) {
      open.env = readEnvelope(read, this.#limits);
      if (this.#stack.length === 1) {
        const refs = read("references", this.#limits.listBytes);
        this.#ids = readIds(open, refs);
      }
    }
    return this.#enter(open);
  }

  /** Decides what a part is, now that its header is known. */
  #enter(open: OpenPart): boolean {
    const { fields } = open;
    const full = this.#stack.length >= this.#limits.depth || this.#count >= this.#limits.parts;
    if (fields.type === "multipart") {
      open.boundary = full ? null : boundaryOf(fields);
      if (open.boundary !== null) {
        this.#watched.push(this.#stack.length - 1);
        this.#longest = Math.max(this.#longest, open.boundary.length);
      } else if (full) becomeOpaque(fields);
      else becomeText(fields);
    } else if (fields.type === "message" && (fields.sub === "rfc822" || fields.sub === "global")) {
      if (!full && !isEncoded(fields)) {
        this.#count++;
        this.#messageDepth++;
        this.#stack.push(openPart(open.bodyStart, false, true));
        return true;
      }
      becomeOpaque(fields);
    }
    if (open.boundary === null) open.meter = newLengthMeter(fields.enc);
    if (fields.type === "text" || open.boundary !== null) this.#watchText(open);
    return false;
  }

  #watchText(open: OpenPart): void {
    if (this.#messageDepth > 0 || open.fields.disp === "attachment" || this.#heads >= PREVIEW_TEXTS) return;
    // The preamble of a multipart is kept too, in case that no boundary follows and it is the text.
    open.head = new BodyHead(open.fields.sub === "html" ? HTML_HEAD_BYTES : PLAIN_HEAD_BYTES);
    this.#heads++;
  }

  /**
   * Ends what a delimiter ends. Unless it closes its multipart, a new part is opened at `next`.
   * @returns true if a header begins at `next`
   */
  delimit(found: Delimiter, end: EndPoint, next: number, nextLines: number): boolean {
    this.#closeAbove(found.depth, end);
    const parent = this.top();
    this.#dropHead(parent);
    if (found.closing) {
      this.#watched.pop();
      return false;
    }
    const inDigest = parent.fields.sub === "digest";
    this.#count++;
    const part = openPart(next, inDigest, false);
    this.#stack.push(part);
    if (this.#count < this.#limits.parts) return true;
    // The last part that is told apart takes all that follows.
    this.#watched = [];
    part.bodyStart = next;
    part.linesBefore = nextLines;
    part.fields = { type: "application", sub: "octet-stream" };
    return false;
  }

  #dropHead(open: OpenPart): void {
    if (open.head === null) return;
    open.head = null;
    this.#heads--;
  }

  #closeAbove(depth: number, end: EndPoint): void {
    while (this.#stack.length - 1 > depth) this.#closeTop(end);
  }

  #closeTop(end: EndPoint): void {
    const open = this.#stack.pop();
    if (open === undefined) return;
    while ((this.#watched.at(-1) ?? -1) >= this.#stack.length) this.#watched.pop();
    const part = closePart(open, end);
    if (open.head !== null) this.#texts.set(part, open.head);
    const parent = this.#stack.at(-1);
    if (parent === undefined) {
      this.#root = part;
    } else if (open.isMessage) {
      parent.nested = { env: open.env, body: part };
      this.#messageDepth--;
    } else parent.children.push(part);
  }

  /** Closes everything at the end of the message. */
  end(size: number, lines: number): MimeIndex {
    const env = this.#stack[0]?.env ?? {};
    // A message cut off behind a boundary has no part there.
    if (this.top().headerStart === size && (this.#stack.at(-2)?.children.length ?? 0) > 0) this.#stack.pop();
    this.#closeAbove(-1, { at: size, lineEnd: 0, lines });
    const root = this.#root;
    if (root === null) throw new Error("a message without root");
    const preview = previewOf(root, (part) => this.#texts.get(part)?.bytes(part.at[2] - part.at[1]) ?? null);
    return { v: 1, size, env, root, ...this.#ids, hasAttachment: hasAttachment(root), preview };
  }
}

function startsWith(line: Uint8Array, from: number, to: number, prefix: Uint8Array): boolean {
  if (to - from < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (line[from + i] !== prefix[i]) return false;
  return true;
}

function readIds(open: OpenPart, references: string | null): Ids {
  const ids: { -readonly [K in keyof Ids]: Ids[K] } = { sent: parseDateTime(open.env.date ?? "") };
  const set = (key: "ids" | "inReplyTo" | "refs", value: string | null | undefined): void => {
    const found = value === undefined || value === null ? [] : parseMessageIds(value);
    if (found.length > 0) ids[key] = found;
  };
  set("ids", open.env.messageId);
  set("inReplyTo", open.env.inReplyTo);
  set("refs", references);
  return ids;
}
