import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { BlobSource } from "../../src/blob/index.ts";

/** Messages up to this size stay in memory until they are delivered. */
const MEMORY_MAX = 262_144;
const READ_BYTES = 65_536;

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
  #memory: Uint8Array[] = [];
  #size = 0;
  #file: FileHandle | undefined;
  #failure: unknown;

  /** @param sizeMax octets; what comes after is only counted */
  constructor(dir: SpoolDir, sizeMax: number) {
    this.#dir = dir;
    this.#sizeMax = sizeMax;
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

  /** Adds octets; the views must stay as they are. Never throws: see `failure`. */
  async add(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) this.#size += piece.length;
    if (this.isTooLarge || this.#failure !== undefined) {
      await this.#drop();
      return;
    }
    if (this.#file === undefined) this.#memory.push(...pieces);
    try {
      if (this.#file !== undefined) await this.#write(pieces);
      else if (this.#size > MEMORY_MAX) {
        this.#file = await this.#openFile();
        const held = this.#memory;
        this.#memory = [];
        await this.#write(held);
      }
    } catch (error) {
      this.#failure = error;
      await this.#drop();
    }
  }

  /** All that came in, to be read as often as needed until the spool is disposed. */
  source(): BlobSource {
    const [memory, file, size] = [this.#memory, this.#file, this.#size];
    if (file === undefined)
      return {
        size,
        async *chunks() {
          yield* memory;
        },
      };
    return {
      size,
      async *chunks() {
        for (let at = 0; at < size;) {
          const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, at);
          if (bytesRead === 0) throw new Error("a spool file is shorter than what was written");
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      },
    };
  }

  /** The first octets, at most `count`. */
  async head(count: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of this.source().chunks()) {
      pieces.push(piece);
      size += piece.length;
      if (size >= count) break;
    }
    return Buffer.concat(pieces).subarray(0, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#drop();
  }

  async #openFile(): Promise<FileHandle> {
    const path = join(this.#dir.path, `${process.pid}-${randomUUID()}`);
    const file = await open(path, "wx+", 0o600);
    await unlink(path);
    return file;
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    if (pieces.length > 0) await this.#file?.writev(pieces);
  }

  async #drop(): Promise<void> {
    this.#memory = [];
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }
}
