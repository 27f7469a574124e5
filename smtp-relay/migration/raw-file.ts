import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { SourceError } from "../../src/migration/index.ts";
import type { SpoolDir } from "../inbound/spool.ts";

const READ_BYTES = 262_144;

/** A file on this machine that can be read anywhere. It has no name, so nothing is left of it whatever happens to the process. */
export class RawFile implements AsyncDisposable {
  readonly size: number;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  /** Takes octets down.
   * @throws {SourceError} file_too_large: more than `maxBytes`; disk_full; stopped: the process is to end */
  static async of(
    dir: SpoolDir,
    octets: AsyncIterable<Uint8Array>,
    maxBytes: number,
    stopping: AbortSignal,
  ): Promise<RawFile> {
    const path = join(dir.path, `${process.pid}-${randomUUID()}`);
    const file = await open(path, "wx+", 0o600);
    try {
      await unlink(path);
      let size = 0;
      for await (const piece of octets) {
        if (stopping.aborted) throw new SourceError("stopped", "the process ends", false);
        size += piece.length;
        if (size > maxBytes)
          throw new SourceError("file_too_large", `more than ${maxBytes} octets when it is unpacked`, true);
        await file.write(piece);
      }
      return new RawFile(file, size);
    } catch (error) {
      await file.close();
      const isFull =
        error instanceof Error && "code" in error && ["ENOSPC", "EDQUOT"].includes(String(error.code));
      throw isFull
        ? new SourceError("disk_full", "there is no room on this machine", false, { cause: error })
        : error;
    }
  }

  /** A file that somebody at this machine names. */
  static async at(path: string): Promise<RawFile> {
    const file = await open(path, "r");
    return new RawFile(file, (await file.stat()).size);
  }

  get fd(): number {
    return this.#file.fd;
  }

  /** The octets [start, end). */
  async *read(start = 0, end = this.size): AsyncGenerator<Buffer> {
    for (let at = start; at < Math.min(end, this.size);) {
      const length = Math.min(READ_BYTES, end - at);
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** At most `length` octets from `start` on. */
  async slice(start: number, length: number): Promise<Buffer> {
    const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, start);
    return buffer.subarray(0, bytesRead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
