import { fileKind, HEAD_OCTETS, INSTALLER_CLASS } from "./file-kind.ts";
import { GzipReader } from "./gzip-reader.ts";
import { DEPTH_MAX, type FileReader, type Inspection, joined, type LookedAt } from "./inspection.ts";
import { RarReader } from "./rar-reader.ts";
import { SevenZipReader } from "./seven-zip-reader.ts";
import { TarReader } from "./tar-reader.ts";
import { TnefReader } from "./tnef-reader.ts";
import { ZipReader } from "./zip-reader.ts";

/** Looks at one file while it streams by: what it is, and what is in it. Of a file that is no archive only the head is kept. */
export class FileInspector implements LookedAt {
  readonly #inspection: Inspection;
  readonly #path: string;
  readonly #depth: number;
  #head: Uint8Array | null = new Uint8Array(0);
  #reader: FileReader | null = null;
  /** The last octets before the next chunk, while an installer's class is looked for. */
  #carry: Uint8Array | null = null;

  /** @param path of the file, through the archives that it is in   @param depth of archives that it is in */
  constructor(inspection: Inspection, path: string, depth: number) {
    this.#inspection = inspection;
    this.#path = path;
    this.#depth = depth;
  }

  get isDone(): boolean {
    return this.#inspection.isOver || (this.#head === null && this.#reader === null && this.#carry === null);
  }

  async push(chunk: Uint8Array): Promise<void> {
    if (this.isDone) return;
    if (this.#head !== null) {
      this.#head = joined(this.#head, chunk);
      if (this.#head.length >= HEAD_OCTETS) await this.#know();
      return;
    }
    await this.#go(chunk);
  }

  async end(): Promise<void> {
    if (this.isDone) return;
    if (this.#head !== null) await this.#know();
    await this.#reader?.end();
  }

  async #know(): Promise<void> {
    const head = this.#head ?? new Uint8Array(0);
    this.#head = null;
    const { ending, opens, isCompound } = await fileKind(head.subarray(0, HEAD_OCTETS));
    if (ending !== null) this.#inspection.content(this.#path, ending);
    if (isCompound) this.#carry = new Uint8Array(0);
    if (opens === "closed") this.#inspection.closed(this.#path, "kind");
    else if (opens !== null && this.#depth >= DEPTH_MAX)
      this.#inspection.tooMuch(`${this.#path}: archives inside each other, more than ${DEPTH_MAX}`);
    else if (opens !== null) {
      const Reader = READERS[opens];
      this.#reader = new Reader(this.#inspection, this.#path, this.#depth + 1);
    }
    await this.#go(head);
  }

  async #go(chunk: Uint8Array): Promise<void> {
    if (this.#carry !== null) this.#findInstaller(this.#carry, chunk);
    await this.#reader?.push(chunk);
  }

  #findInstaller(carry: Uint8Array, chunk: Uint8Array): void {
    const window = joined(carry, chunk);
    if (Buffer.from(window.buffer).includes(Buffer.from(INSTALLER_CLASS))) {
      this.#inspection.content(this.#path, "msi");
      this.#carry = null;
    } else this.#carry = window.slice(-INSTALLER_CLASS.length + 1);
  }
}

const READERS = {
  zip: ZipReader,
  gzip: GzipReader,
  tar: TarReader,
  rar: RarReader,
  "7z": SevenZipReader,
  tnef: TnefReader,
} as const;
