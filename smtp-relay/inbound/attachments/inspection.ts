import type { AttachmentsFinding } from "../finding.ts";
import { fileEndings } from "./file-endings.ts";

/** Files in all archives of a message. */
const ENTRIES_MAX = 50_000;
/** Octets that come out of all archives of a message; only archives inside of archives are unpacked whole. */
const UNPACKED_MAX = 128 << 20;
/** Archives inside each other. */
export const DEPTH_MAX = 5;
const KINDS_MAX = 1_000;
const CLOSED_MAX = 20;
const PATH_MAX = 200;
/** Other work goes on after each so many octets. */
const STRIDE = 1 << 20;

/** Takes a file piece by piece. */
export interface FileReader {
  push(chunk: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/** A file that is looked at while it goes by. */
export interface LookedAt extends FileReader {
  /** Nothing of what comes matters any more. */
  readonly isDone: boolean;
}

/** What has been seen of the files of one message so far. */
export class Inspection {
  readonly #look: (inspection: Inspection, path: string, depth: number) => LookedAt;
  readonly #files = new Map<string, AttachmentsFinding["files"][number]>();
  readonly #closed: AttachmentsFinding["closed"][number][] = [];
  #tooMuch: string | null = null;
  #entries = 0;
  #unpacked = 0;
  #nextPause = STRIDE;

  /** @param look how a file is looked at */
  constructor(look: (inspection: Inspection, path: string, depth: number) => LookedAt) {
    this.#look = look;
  }

  /** Nothing more is looked at. */
  get isOver(): boolean {
    return this.#tooMuch !== null;
  }

  name(path: string, name: string): void {
    for (const ending of fileEndings(name)) this.#add(path, ending, "name");
  }

  content(path: string, ending: string): void {
    this.#add(path, ending, "content");
  }

  closed(path: string, why: AttachmentsFinding["closed"][number]["why"]): void {
    if (this.#closed.length < CLOSED_MAX && !this.#closed.some((one) => one.path === path))
      this.#closed.push({ path: clipped(path), why });
  }

  tooMuch(why: string): void {
    this.#tooMuch ??= why;
  }

  /** Begins with a file. @param path through the archives that it is in   @param depth of archives that it is in */
  file(path: string, depth: number): LookedAt {
    return this.#look(this, path, depth);
  }

  /** One more file in an archive. */
  entry(): void {
    this.#entries += 1;
    if (this.#entries > ENTRIES_MAX) this.tooMuch("archives hold more files than are looked at");
  }

  /** So many octets more came out of an archive. */
  async unpacked(octets: number): Promise<void> {
    this.#unpacked += octets;
    if (this.#unpacked > UNPACKED_MAX) this.tooMuch("archives hold more than is unpacked");
    if (this.#unpacked < this.#nextPause) return;
    this.#nextPause = this.#unpacked + STRIDE;
    await new Promise(setImmediate);
  }

  finding(): AttachmentsFinding {
    return {
      check: "attachments",
      files: [...this.#files.values()],
      closed: this.#closed,
      tooMuch: this.#tooMuch,
    };
  }

  #add(path: string, ending: string, by: "name" | "content"): void {
    const key = `${by} ${ending}`;
    if (this.#files.has(key) || this.#files.size >= KINDS_MAX) return;
    this.#files.set(key, { path: clipped(path), ending, by });
  }
}

const clipped = (path: string): string =>
  (path.length > PATH_MAX ? `${path.slice(0, PATH_MAX)}…` : path).replace(/[\p{Cc}\p{Cf}]+/gu, "?");

export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
