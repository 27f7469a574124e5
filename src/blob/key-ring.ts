import { type Db, type TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import type { Clock, RandomBytes } from "../kernel/ports.ts";
import { newUuid } from "../kernel/uuid.ts";
import { insertTenantKey, listTenantKeys } from "./tenant-key.store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What is derived from one key of a tenant. */
export interface TenantKey {
  readonly id: string;
  /** AES-256-GCM; wraps the keys of blobs */
  readonly wrap: CryptoKey;
  /** HMAC-SHA-256; names equal content within the tenant */
  readonly digest: CryptoKey;
}

/** @see https://www.rfc-editor.org/rfc/rfc5116: a random 96-bit nonce stands before the sealed bytes */
async function sealSmall(key: CryptoKey, random: RandomBytes, about: string, plain: Bytes): Promise<Bytes> {
  const iv = random(12);
  const params = { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(about) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(params, key, plain));
  const out = new Uint8Array(iv.length + sealed.length);
  out.set(iv);
  out.set(sealed, iv.length);
  return out;
}

async function openSmall(key: CryptoKey, about: string, sealed: Uint8Array): Promise<Bytes> {
  const iv = new Uint8Array(sealed.subarray(0, 12));
  const params = { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(about) };
  return new Uint8Array(await crypto.subtle.decrypt(params, key, new Uint8Array(sealed.subarray(12))));
}

const aesKey = (raw: Bytes): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);

async function derive(id: string, raw: Bytes): Promise<TenantKey> {
  const base = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveBits"]);
  const bits = async (info: string): Promise<Bytes> => {
    const params = {
      name: "HKDF",
      hash: "SHA-256",
      salt: new Uint8Array(),
      info: new TextEncoder().encode(info),
    };
    return new Uint8Array(await crypto.subtle.deriveBits(params, base, 256));
  };
  const hmac = { name: "HMAC", hash: "SHA-256" };
  return {
    id,
    wrap: await aesKey(await bits("angelia blob-key wrap")),
    digest: await crypto.subtle.importKey("raw", await bits("angelia blob digest"), hmac, false, ["sign"]),
  };
}

/** Tenants kept in memory; the next one drops the one that was read longest ago. */
const CACHED_TENANTS = 2_000;

/** The keys of tenants, wrapped in the database under the master key, open in memory. */
export class KeyRing {
  readonly #master: Promise<CryptoKey>;
  readonly #pepper: Promise<CryptoKey>;
  readonly #random: RandomBytes;
  readonly #clock: Clock;
  readonly #db: Db;
  readonly #cache = new Map<TenantId, readonly TenantKey[]>();

  /** @param masterKey 32 octets (`ANGELIA_MASTER_KEY`) */
  constructor(db: Db, masterKey: Bytes, clock: Clock, random: RandomBytes) {
    if (masterKey.length !== 32) throw new RangeError(`a master key has 32 octets, not ${masterKey.length}`);
    this.#db = db;
    this.#master = aesKey(masterKey);
    this.#pepper = derive("pepper", masterKey).then((key) => key.digest);
    this.#clock = clock;
    this.#random = random;
  }

  /** Makes a tenant's first or next key, in the transaction that makes the tenant. */
  async addKey(tx: TenantTx): Promise<void> {
    const id = newUuid(this.#clock, this.#random);
    const wrapped = await sealSmall(
      await this.#master,
      this.#random,
      `tenant-key:${tx.tenantId}:${id}`,
      this.#random(32),
    );
    await insertTenantKey(tx, { id, wrappedKey: wrapped });
  }

  /** The key under which new blobs are wrapped. @throws {MailError} tenant_unknown */
  async current(tenantId: TenantId): Promise<TenantKey> {
    const [newest] = await this.#load(tenantId);
    if (newest === undefined) throw new MailError("tenant_unknown", { tenantId });
    return newest;
  }

  /** @returns a new key for one blob, with its wrapped form for the database */
  async newBlobKey(key: TenantKey, blobId: string): Promise<{ blobKey: CryptoKey; wrappedKey: Bytes }> {
    const raw = this.#random(32);
    const wrappedKey = await sealSmall(key.wrap, this.#random, `blob-key:${blobId}`, raw);
    return { blobKey: await aesKey(raw), wrappedKey };
  }

  /** @throws {MailError} blob_unknown, when the tenant has no such key (its content is destroyed) */
  async openBlobKey(
    tenantId: TenantId,
    keyId: string,
    blobId: string,
    wrappedKey: Uint8Array,
  ): Promise<CryptoKey> {
    const key = (await this.#load(tenantId)).find((one) => one.id === keyId);
    if (key === undefined) throw new MailError("blob_unknown", { tenantId, keyId });
    return aesKey(await openSmall(key.wrap, `blob-key:${blobId}`, wrappedKey));
  }

  /** HMAC-SHA-256 of `bytes` under a key that only the processes have, never the database. */
  async pepper(bytes: Bytes): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.sign("HMAC", await this.#pepper, bytes));
  }

  async #load(tenantId: TenantId): Promise<readonly TenantKey[]> {
    const cached = this.#cache.get(tenantId);
    if (cached !== undefined) return cached;
    const rows = await this.#db.tenant(tenantId, listTenantKeys);
    const master = await this.#master;
    const keys = await Promise.all(
      rows.map(async ({ id, wrappedKey }) =>
        derive(id, await openSmall(master, `tenant-key:${tenantId}:${id}`, wrappedKey)),
      ),
    );
    if (keys.length > 0) this.#cache.set(tenantId, keys);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > CACHED_TENANTS && oldest !== undefined) this.#cache.delete(oldest);
    return keys;
  }
}
