import type { BlobId, TenantId } from "../../kernel/id.ts";
import type { Mailstore } from "../../mailstore/index.ts";

/** A message up to this size is read as a whole: two chunks of the vault. */
const WHOLE_MAX = 131_072;

/** Octets of one stored message, read when they are asked for. */
export class MessageBytes {
  readonly #store: Mailstore;
  readonly #tenantId: TenantId;
  readonly #blob: { readonly blobId: BlobId; readonly size: number };
  #whole: Promise<Uint8Array> | undefined;

  constructor(
    store: Mailstore,
    tenantId: TenantId,
    blob: { readonly blobId: BlobId; readonly size: number },
  ) {
    this.#store = store;
    this.#tenantId = tenantId;
    this.#blob = blob;
  }

  /** The octets [start, end). @throws {MailError} blob_unknown, unavailable */
  async slice(start: number, end: number): Promise<Uint8Array> {
    const { blobId, size } = this.#blob;
    if (start >= end) return new Uint8Array(0);
    if (size > WHOLE_MAX) return this.#store.vault.read(this.#tenantId, blobId, { start, end });
    this.#whole ??= this.#store.vault.read(this.#tenantId, blobId);
    return (await this.#whole).subarray(start, end);
  }
}
