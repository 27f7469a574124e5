import type { Db, TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import type { Clock, RandomBytes } from "../kernel/ports.ts";
import { newUuid } from "../kernel/uuid.ts";
import { type Cipher, webCipher } from "./cipher.ts";
import { insertTenantKey, listTenantKeys } from "./tenant-key.store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What is derived from one key of a tenant; 32 octets each. */
export interface TenantKey {
  readonly id: string;
  /** AES-256-GCM; wraps the keys of blobs */
  readonly wrap: Bytes;
  /** HMAC-SHA-256; names equal content within the tenant */
  readonly digest: Bytes;
  /** hashes what the filters of the search index hold */
  readonly search: Bytes;
}

const encode = (text: string): Bytes => new TextEncoder().encode(text);

/** Keys are sealed with a random nonce of 96 bits in front (NIST SP 800-38D §8.2.2). */
const NONCE_BYTES = 12;

async function derive(id: string, raw: Bytes): Promise<TenantKey> {
  const base = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveBits"]);
  const bits = async (info: string): Promise<Bytes> => {
    const params = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: encode(info) };
    return new Uint8Array(await crypto.subtle.deriveBits(params, base, 256));
  };
  return {
    id,
    wrap: await bits("angelia blob-key wrap"),
    digest: await bits("angelia blob digest"),
    search: await bits("angelia search filter"),
  };
}

/** Tenants kept in memory; the next one drops the one that was read longest ago. */
const CACHED_TENANTS = 2_000;

/** The keys of tenants, wrapped in the database under the master key, open in memory. */
export class KeyRing {
  readonly #db: Db;
  readonly #master: Bytes;
  readonly #pepper: Promise<Bytes>;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #cipher: Cipher;
  readonly #cache = new Map<TenantId, readonly TenantKey[]>();

  /** @param masterKey 32 octets (`ANGELIA_MASTER_KEY`) */
  constructor(db: Db, masterKey: Bytes, clock: Clock, random: RandomBytes, cipher: Cipher = webCipher) {
    if (masterKey.length !== 32) throw new RangeError(`a master key has 32 octets, not ${masterKey.length}`);
    this.#db = db;
    this.#master = masterKey;
    this.#pepper = derive("pepper", masterKey).then((key) => key.digest);
    this.#clock = clock;
    this.#random = random;
    this.#cipher = cipher;
  }

  /** Makes a tenant's first or next key, in the transaction that makes the tenant. */
  async addKey(tx: TenantTx): Promise<void> {
    const id = newUuid(this.#clock, this.#random);
    const wrappedKey = await this.#seal(this.#master, `tenant-key:${tx.tenantId}:${id}`, this.#random(32));
    await insertTenantKey(tx, { id, wrappedKey });
  }

  /** The key under which new blobs are wrapped. @throws {MailError} tenant_unknown */
  async current(tenantId: TenantId): Promise<TenantKey> {
    const [newest] = await this.#load(tenantId);
    if (newest === undefined) throw new MailError("tenant_unknown", { tenantId });
    return newest;
  }

  /** All keys of a tenant, the one for what is new first. */
  async all(tenantId: TenantId): Promise<readonly TenantKey[]> {
    return this.#load(tenantId);
  }

  /** @returns a new key of 32 octets for one blob, with its wrapped form for the database */
  async newBlobKey(key: TenantKey, blobId: string): Promise<{ blobKey: Bytes; wrappedKey: Bytes }> {
    const blobKey = this.#random(32);
    return { blobKey, wrappedKey: await this.#seal(key.wrap, `blob-key:${blobId}`, blobKey) };
  }

  /** @throws {MailError} blob_unknown, when the tenant has no such key (its content is destroyed) */
  async openBlobKey(
    tenantId: TenantId,
    keyId: string,
    blobId: string,
    wrappedKey: Uint8Array,
  ): Promise<Bytes> {
    const key = (await this.#load(tenantId)).find((one) => one.id === keyId);
    if (key === undefined) throw new MailError("blob_unknown", { tenantId, keyId });
    return this.#open(key.wrap, `blob-key:${blobId}`, wrappedKey);
  }

  /** Seals a small secret of a tenant (a private key) for the database.
   * @param about what it is for: it opens with the same words only */
  async sealSecret(
    tenantId: TenantId,
    about: string,
    plain: Bytes,
  ): Promise<{ tenantKeyId: string; wrappedKey: Bytes }> {
    const key = await this.current(tenantId);
    return { tenantKeyId: key.id, wrappedKey: await this.#seal(key.wrap, `secret:${about}`, plain) };
  }

  /** @throws {MailError} blob_unknown, when the tenant has no such key (its content is destroyed) */
  async openSecret(
    tenantId: TenantId,
    about: string,
    { tenantKeyId, wrappedKey }: { readonly tenantKeyId: string; readonly wrappedKey: Uint8Array },
  ): Promise<Bytes> {
    const key = (await this.#load(tenantId)).find((one) => one.id === tenantKeyId);
    if (key === undefined) throw new MailError("blob_unknown", { tenantId, keyId: tenantKeyId });
    return this.#open(key.wrap, `secret:${about}`, wrappedKey);
  }

  /** HMAC-SHA-256 of `bytes` under a key that only the processes have, never the database. */
  async pepper(bytes: Bytes): Promise<Bytes> {
    return this.#cipher.hmac(await this.#pepper, bytes);
  }

  async #seal(key: Bytes, about: string, plain: Bytes): Promise<Bytes> {
    const iv = this.#random(NONCE_BYTES);
    const sealed = await this.#cipher.seal(key, iv, encode(about), plain);
    const out = new Uint8Array(NONCE_BYTES + sealed.length);
    out.set(iv);
    out.set(sealed, NONCE_BYTES);
    return out;
  }

  async #open(key: Bytes, about: string, sealed: Uint8Array): Promise<Bytes> {
    const bytes = new Uint8Array(sealed);
    return this.#cipher.open(key, bytes.slice(0, NONCE_BYTES), encode(about), bytes.slice(NONCE_BYTES));
  }

  async #load(tenantId: TenantId): Promise<readonly TenantKey[]> {
    const cached = this.#cache.get(tenantId);
    if (cached !== undefined) return cached;
    const rows = await this.#db.tenant(tenantId, listTenantKeys);
    const keys = await Promise.all(
      rows.map(async ({ id, wrappedKey }) =>
        derive(id, await this.#open(this.#master, `tenant-key:${tenantId}:${id}`, wrappedKey)),
      ),
    );
    if (keys.length > 0) this.#cache.set(tenantId, keys);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > CACHED_TENANTS && oldest !== undefined) this.#cache.delete(oldest);
    return keys;
  }
}
