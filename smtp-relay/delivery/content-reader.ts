import { type BlobSource, sourceOf, type Vault } from "../../src/blob/index.ts";
import { MailError } from "../../src/kernel/error.ts";
import type { BlobId, TenantId } from "../../src/kernel/id.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Messages up to this size are held in memory while they are sent, in octets: they are read once, for their signature and for each
 * host that is tried. */
const IN_MEMORY_MAX = 262_144;
/** What is larger waits longer for its own octets than for a round trip, and is read by itself. */
const TOGETHER_SIZE_MAX = 65_536;
/** What one round trip reads at most, in messages and in octets. */
const TOGETHER_MAX = 50;
const TOGETHER_OCTETS = 1_048_576;

interface Wanted extends PromiseWithResolvers<Bytes> {
  readonly id: BlobId;
  readonly size: number;
}

/** Reads messages that are to be sent. Those of a tenant that are wanted while others are being read are read together next. */
export class ContentReader {
  readonly #vault: Vault;
  /** By tenant; there while a read of the tenant is on its way. */
  readonly #gathered = new Map<TenantId, Wanted[]>();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** @throws {MailError} unavailable, blob_unknown; of a large one only when it is read */
  async read(tenantId: TenantId, id: BlobId, size: number): Promise<BlobSource> {
    if (size > IN_MEMORY_MAX) return { size, chunks: () => this.#vault.open(tenantId, id) };
    if (size > TOGETHER_SIZE_MAX) return sourceOf(await this.#vault.read(tenantId, id));
    const wanted: Wanted = { id, size, ...Promise.withResolvers<Bytes>() };
    const gathered = this.#gathered.get(tenantId);
    if (gathered !== undefined) gathered.push(wanted);
    else {
      const own = [wanted];
      this.#gathered.set(tenantId, own);
      // Not before all have spoken that go on in the same moment.
      queueMicrotask(() => void this.#readAll(tenantId, own));
    }
    return sourceOf(await wanted.promise);
  }

  /** Never throws: each of them hears what came of it. */
  async #readAll(tenantId: TenantId, waiting: Wanted[]): Promise<void> {
    while (waiting.length > 0) {
      let [count, octets] = [0, 0];
      for (const { size } of waiting) {
        octets += size;
        if (count > 0 && (count === TOGETHER_MAX || octets > TOGETHER_OCTETS)) break;
        count++;
      }
      await this.#readSome(tenantId, waiting.splice(0, count));
    }
    this.#gathered.delete(tenantId);
  }

  async #readSome(tenantId: TenantId, some: readonly Wanted[]): Promise<void> {
    const [only] = some;
    try {
      if (some.length === 1 && only !== undefined) {
        only.resolve(await this.#vault.read(tenantId, only.id));
        return;
      }
      const read = await this.#vault.readMany(
        tenantId,
        some.map(({ id }) => id),
      );
      for (const { id, resolve, reject } of some) {
        const bytes = read.get(id);
        if (bytes === undefined) reject(new MailError("blob_unknown", { id }));
        else resolve(bytes);
      }
    } catch (error) {
      if (some.length === 1 || (error instanceof MailError && error.code === "unavailable"))
        for (const { reject } of some) reject(error);
      // One that can't be opened stops no other.
      else for (const one of some) await this.#readSome(tenantId, [one]);
    }
  }
}
