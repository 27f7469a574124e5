import { Gunzip } from "fflate";
import type { FileReader, Inspection, LookedAt } from "./inspection.ts";
import { Unpacker } from "./unpacker.ts";

/** Looks at what a gzip file holds (RFC 1952). */
export class GzipReader implements FileReader {
  readonly #inspection: Inspection;
  readonly #path: string;
  readonly #depth: number;
  #inner: { readonly unpacker: Unpacker; readonly file: LookedAt } | undefined;

  constructor(inspection: Inspection, path: string, depth: number) {
    this.#inspection = inspection;
    this.#path = path;
    this.#depth = depth;
  }

  async push(chunk: Uint8Array): Promise<void> {
    this.#inner ??= this.#open(chunk);
    if (!this.#inner.file.isDone) await this.#inner.unpacker.push(chunk);
  }

  async end(): Promise<void> {
    await this.#inner?.file.end();
  }

  /** @param head of the file */
  #open(head: Uint8Array): { unpacker: Unpacker; file: LookedAt } {
    const name = nameOf(head) ?? this.#path.replace(/\.(?:t?gz)$/i, (end) => (end.length > 3 ? ".tar" : ""));
    const path = `${this.#path}/${name.split("/").at(-1) ?? ""}`;
    this.#inspection.entry();
    this.#inspection.name(path, name);
    const file = this.#inspection.file(path, this.#depth);
    const onDamage = (): void => this.#inspection.closed(this.#path, "damaged");
    return { file, unpacker: new Unpacker((take) => new Gunzip(take), this.#inspection, file, onDamage) };
  }
}

/** FNAME (§2.3.1), after an extra field. */
function nameOf(head: Uint8Array): string | null {
  const flags = head[3] ?? 0;
  if ((flags & 8) === 0) return null;
  const start = 10 + ((flags & 4) === 0 ? 0 : 2 + (head[10] ?? 0) + 256 * (head[11] ?? 0));
  const end = head.indexOf(0, start);
  return end < 0
    ? null
    : new TextDecoder("latin1").decode(head.subarray(start, Math.min(end, start + 1_000)));
}
