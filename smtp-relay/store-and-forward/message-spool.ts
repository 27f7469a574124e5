import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type BlobSource, joinSources, sourceOf } from "../../src/blob/index.ts";
import { TraceId } from "../../src/history/index.ts";
import { TenantId } from "../../src/kernel/id.ts";
import { type FileSeal, openSealedFile, writeSealedFile } from "./sealed-file.ts";

/** A message that was promised to its sender and is not in the database yet, without its content. */
const Envelope = z.object({
  /** under which its history is found */
  traceId: TraceId,
  clientIp: z.string(),
  /** "" is the null path */
  mailFrom: z.string(),
  envid: z.string().nullable(),
  ret: z.enum(["FULL", "HDRS"]).nullable().default(null),
  requireTls: z.boolean(),
  /** it is proven that it comes from the domain of the envelope's sender */
  isProven: z.boolean(),
  recipients: z.array(
    z.object({
      address: z.string(),
      orcpt: z.string().nullable(),
      /** files of an older version have none */
      notify: z
        .array(z.enum(["NEVER", "SUCCESS", "FAILURE", "DELAY"]))
        .nullable()
        .default(null),
      /** whose domain it is */
      tenantId: TenantId,
    }),
  ),
  verdicts: z.array(
    z.object({
      tenantId: TenantId,
      kind: z.enum(["inbox", "junk", "quarantine"]),
      reasons: z.array(
        z.object({
          code: z.enum(["spam", "virus", "attachment", "dmarc", "client", "unscanned", "loop"]),
          detail: z.string(),
        }),
      ),
    }),
  ),
  /** the fields that go before the message */
  trace: z.string(),
  /** milliseconds since the epoch */
  receivedAt: z.number(),
});
export type Envelope = z.output<typeof Envelope>;

export interface SpooledMessage {
  readonly id: string;
  readonly envelope: Envelope;
  readonly content: BlobSource;
}

/** There is no room for another message: the sender keeps it. */
export class SpoolFull extends Error {
  override readonly name = "SpoolFull";
}

const ENDING = ".message";

/** Messages on the disk that wait for the database, encrypted: each is one file, which is whole or not there. */
export class MessageSpool {
  readonly #path: string;
  readonly #seal: FileSeal;
  readonly #bytesMax: number;
  #bytes = 0;

  /** Makes the folder, and removes what a process left that died while it was writing.
   * @param bytesMax octets of all messages together */
  constructor(path: string, seal: FileSeal, bytesMax: number) {
    this.#path = path;
    this.#seal = seal;
    this.#bytesMax = bytesMax;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(path))
      if (name.endsWith(".tmp")) rmSync(join(path, name), { force: true });
      else this.#bytes += statSync(join(path, name)).size;
  }

  /** Stores a message: it is on the disk when this resolves.
   * @throws {SpoolFull} nothing is kept */
  async store(envelope: Envelope, content: BlobSource): Promise<string> {
    const id = randomUUID();
    const head = new TextEncoder().encode(JSON.stringify(envelope));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, head.length);
    const source = joinSources(sourceOf(length), sourceOf(head), content);
    if (this.#bytes + source.size > this.#bytesMax) throw new SpoolFull("the spool has reached its limit");
    const path = this.#file(id);
    this.#bytes += source.size;
    try {
      await writeSealedFile(this.#seal, path, id, source);
      await this.#syncFolder();
    } catch (error) {
      this.#bytes -= source.size;
      await Promise.all([rm(path, { force: true }), rm(`${path}.tmp`, { force: true })]);
      throw new SpoolFull("the spool can't be written", { cause: error });
    }
    return id;
  }

  /** Messages that wait, the longest first. */
  list(): string[] {
    return readdirSync(this.#path)
      .filter((name) => name.endsWith(ENDING))
      .map((name) => ({ id: name.slice(0, -ENDING.length), at: statSync(join(this.#path, name)).mtimeMs }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ id }) => id);
  }

  /** @throws {Error} it is damaged */
  async read(id: string): Promise<SpooledMessage> {
    const whole = await openSealedFile(this.#seal, this.#file(id), id);
    const length = await octetsOf(whole, 0, 4);
    const headEnd = 4 + new DataView(length.buffer, length.byteOffset).getUint32(0);
    const head = await octetsOf(whole, 4, headEnd);
    const envelope = Envelope.parse(JSON.parse(new TextDecoder().decode(head)));
    const content = {
      size: whole.size - headEnd,
      chunks: () => skipping(whole, headEnd),
    };
    return { id, envelope, content };
  }

  /** To be called when the database has the message. */
  async remove(id: string): Promise<void> {
    const path = this.#file(id);
    this.#bytes -= statSync(path).size;
    await rm(path);
    await this.#syncFolder();
  }

  #file(id: string): string {
    return join(this.#path, `${id}${ENDING}`);
  }

  /** A file that was renamed may else be gone after a power cut, however well its content was written (fsync(2)). */
  async #syncFolder(): Promise<void> {
    const folder = await open(this.#path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

async function* skipping(source: BlobSource, from: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const chunk of source.chunks()) {
    const start = Math.max(0, from - at);
    if (start < chunk.length) yield chunk.subarray(start);
    at += chunk.length;
  }
}

/** @throws {RangeError} the source is shorter */
async function octetsOf(source: BlobSource, from: number, to: number): Promise<Uint8Array> {
  const found = new Uint8Array(to - from);
  let filled = 0;
  for await (const chunk of skipping(source, from)) {
    const piece = chunk.subarray(0, found.length - filled);
    found.set(piece, filled);
    filled += piece.length;
    if (filled === found.length) return found;
  }
  throw new RangeError("a spooled message ends too early");
}
