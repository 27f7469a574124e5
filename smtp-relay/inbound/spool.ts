import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { BlobSource } from "../../src/blob/index.ts";
import { type MimeIndex, type MimeIndexer, newMimeIndexer } from "../../src/protocol/mime-structure/index.ts";

/** Messages up to this size stay in memory until they are delivered. */
const MEMORY_MAX = 262_144;
const MEMORY_START = 8_192;
const READ_BYTES = 65_536;

/** So much of a message is looked at for its header. */
export const START_OCTETS = 262_144;

/** A folder for messages that are being received. */
export interface SpoolDir {
  readonly path: string;
}

/** Makes the folder, and removes what a process that died between two system calls may have left in it. */
export function openSpoolDir(dataDir: string): SpoolDir {
  const path = join(dataDir, "spool");
  mkdirSync(path, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(path)) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1] ?? 0);
    if (pid === process.pid || !isAlive(pid)) rmSync(join(path, name), { force: true });
  }
  return { path };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid > 0;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** One message while it is received: in memory, and on disk once it is larger than that. The file has no name from its first
 * moment on, so nothing is left of it whatever happens to the process. Nothing is promised to anybody from here: the message is
 * durable when the mailstore has it. */
export class Spool implements AsyncDisposable {
  readonly #dir: SpoolDir;
  readonly #sizeMax: number;
  /** One buffer that grows: a client that sends octet by octet must not cost an object for each. */
  #memory = Buffer.alloc(0);
  #held = 0;
  #size = 0;
  #file: FileHandle | undefined;
  #failure: unknown;
  /** Sees what is written to the file, so that it need not be read for that. */
  readonly #indexer: MimeIndexer | null;
  #index: MimeIndex | null = null;

  /** @param sizeMax octets; what comes after is only counted   @param isIndexed somebody will ask for the index */
  constructor(dir: SpoolDir, sizeMax: number, isIndexed = false) {
    this.#dir = dir;
    this.#sizeMax = sizeMax;
    this.#indexer = isIndexed ? newMimeIndexer() : null;
  }

  /** Octets that came in. */
  get size(): number {
    return this.#size;
  }

  get isTooLarge(): boolean {
    return this.#size > this.#sizeMax;
  }

  /** What went wrong with the disk; undefined if nothing did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Adds octets. Never throws: see `failure`. */
  async add(pieces: readonly Uint8Array[]): Promise<void> {
    const added = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#size += added;
    try {
      if (this.isTooLarge || this.#failure !== undefined) await this.#drop();
      else if (this.#file === undefined && this.#size <= MEMORY_MAX) this.#hold(pieces, added);
      else {
        this.#file ??= await this.#spill();
        const [only, second] = pieces;
        const octets = only !== undefined && second === undefined ? only : Buffer.concat(pieces, added);
        this.#indexer?.push(octets);
        await write(this.#file, octets);
      }
    } catch (error) {
      this.#failure = error;
      await this.#drop();
    }
  }

  /** All that came in, to be read as often as needed until the spool is disposed. */
  source(): BlobSource {
    const size = this.#file === undefined ? this.#held : this.#size;
    return { size, chunks: () => this.read(0, size) };
  }

  /** The octets [start, end), as far as they came in. */
  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    const file = this.#file;
    if (file === undefined) {
      const piece = this.#memory.subarray(start, Math.min(end, this.#held));
      if (piece.length > 0) yield piece;
      return;
    }
    const to = Math.min(end, this.#size);
    for (let at = start; at < to;) {
      const length = Math.min(READ_BYTES, to - at);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
      if (bytesRead === 0) throw new Error("a spool file is shorter than what was written");
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** What parts it has and where they stand, once all of it is here. */
  async index(): Promise<MimeIndex> {
    if (this.#index !== null) return this.#index;
    let indexer = this.#file === undefined ? null : this.#indexer;
    if (indexer === null) {
      indexer = newMimeIndexer();
      for await (const chunk of this.source().chunks()) indexer.push(chunk);
    }
    this.#index = indexer.end();
    return this.#index;
  }

  /** The first octets, at most `count`. */
  async head(count: number): Promise<Uint8Array> {
    if (this.#file === undefined) return this.#memory.subarray(0, Math.min(count, this.#held));
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#drop();
  }

  #hold(pieces: readonly Uint8Array[], added: number): void {
    if (this.#held + added > this.#memory.length) {
      const grown = Buffer.allocUnsafe(
        Math.max(MEMORY_START, this.#held + added, Math.min(MEMORY_MAX, this.#memory.length * 2)),
      );
      this.#memory.copy(grown, 0, 0, this.#held);
      this.#memory = grown;
    }
    for (const piece of pieces) {
      this.#memory.set(piece, this.#held);
      this.#held += piece.length;
    }
  }

  /** Makes the file, with what was in memory. */
  async #spill(): Promise<FileHandle> {
    const path = join(this.#dir.path, `${process.pid}-${randomUUID()}`);
    const file = await open(path, "wx+", 0o600);
    this.#file = file;
    await unlink(path);
    const octets = this.#memory.subarray(0, this.#held);
    this.#indexer?.push(octets);
    await write(file, octets);
    this.#forget();
    return file;
  }

  #forget(): void {
    this.#memory = Buffer.alloc(0);
    this.#held = 0;
  }

  async #drop(): Promise<void> {
    this.#forget();
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }
}

/** All of it, also where the system takes a part only. */
async function write(file: FileHandle, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length;) at += (await file.write(octets, at, octets.length - at)).bytesWritten;
}
