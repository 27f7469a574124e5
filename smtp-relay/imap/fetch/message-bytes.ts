import type { Vault } from "../../../src/blob/index.ts";
import type { BlobId, TenantId } from "../../../src/kernel/id.ts";

/** A message up to this size is read whole, once, whatever is asked of it. */
const WHOLE_BYTES = 131_072;

/** Reads ranges of one stored message. A small one is kept while it is being told; of a large one only what is asked. */
export class MessageBytes {
  readonly #vault: Vault;
  readonly #tenantId: TenantId;
  readonly #blobId: BlobId;
  readonly #sizeBytes: number;
  #whole: Promise<Uint8Array> | undefined;

  constructor(vault: Vault, tenantId: TenantId, blob: { readonly blobId: BlobId; readonly size: number }) {
    this.#vault = vault;
    this.#tenantId = tenantId;
    this.#blobId = blob.blobId;
    this.#sizeBytes = blob.size;
  }

  get isSmall(): boolean {
    return this.#sizeBytes <= WHOLE_BYTES;
  }

  /** Begins to read a small message before it is asked for. */
  prefetch(): void {
    if (this.isSmall) this.#readWhole().catch(() => undefined); // whoever asks for it gets the failure
  }

  /** Takes the octets of a small message from who has read them already. */
  give(whole: Uint8Array): void {
    this.#whole ??= Promise.resolve(whole);
  }

  #readWhole(): Promise<Uint8Array> {
    this.#whole ??= this.#vault.read(this.#tenantId, this.#blobId);
    return this.#whole;
  }

  /** The octets [start, end), in memory. @throws {MailError} blob_unknown, unavailable */
  async read(start: number, end: number): Promise<Uint8Array> {
    if (this.isSmall) return (await this.#readWhole()).subarray(start, end);
    return start >= end ? new Uint8Array() : this.#vault.read(this.#tenantId, this.#blobId, { start, end });
  }

  /** The octets [start, end) as they are needed. @throws {MailError} blob_unknown, unavailable */
  async *stream(start: number, end: number): AsyncGenerator<Uint8Array> {
    if (start >= end) return;
    if (this.isSmall) yield (await this.#readWhole()).subarray(start, end);
    else yield* this.#vault.open(this.#tenantId, this.#blobId, { start, end });
  }
}
