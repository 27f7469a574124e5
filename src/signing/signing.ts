import type { KeyRing } from "../blob/index.ts";
import type { Db } from "../db/index.ts";
import type { TenantId } from "../kernel/id.ts";
import type { Clock } from "../kernel/ports.ts";
import { listActiveDkimKeys } from "./dkim-key.store.ts";
import { type Algorithm, selectorOf } from "./dkim-key.ts";

/** A key that signs for a domain, open in memory. */
export interface SigningKey {
  /** d= */
  readonly domain: string;
  /** s= */
  readonly selector: string;
  readonly algorithm: Algorithm;
  /** PKCS #8 */
  readonly pkcs8: Uint8Array<ArrayBuffer>;
  readonly key: CryptoKey;
}

/** What the functions of this module stand on; made once per process by `newSigning`. */
export interface Signing {
  readonly db: Db;
  readonly keys: KeyRing;
  readonly clock: Clock;
  /** our zone: where the customers' CNAMEs lead to */
  readonly zone: string;
  readonly opened: Map<string, OpenedKeys>;
}

interface OpenedKeys {
  readonly keys: readonly SigningKey[];
  readonly until: number;
}

/** What another process rotated is followed after this: a key that had to go at once signs no longer than that. */
const KEPT_MS = 10_000;
/** A domain without keys is asked about again after this. */
const MISS_KEPT_MS = 10_000;
const KEPT_DOMAINS = 5_000;

export function newSigning(parts: Omit<Signing, "opened">): Signing {
  return { ...parts, opened: new Map() };
}

export const secretName = (domain: string, algorithm: Algorithm): string => `dkim:${domain}:${algorithm}`;

const PARAMS = {
  rsa: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ed25519: { name: "Ed25519" },
} as const;

/** @param pkcs8 a private key @returns the key, good for signing only */
function importSigningKey(algorithm: Algorithm, pkcs8: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", pkcs8, PARAMS[algorithm], false, ["sign"]);
}

/** The keys that sign for a domain of a tenant, RSA first; none if it has none that the world can see, or the tenant does not have
 * the domain. @throws {MailError} unavailable */
export async function signingKeysFor(
  signing: Signing,
  tenantId: TenantId,
  domain: string,
): Promise<readonly SigningKey[]> {
  const { db, keys: ring, clock, opened } = signing;
  const name = `${tenantId}/${domain}`;
  const kept = opened.get(name);
  if (kept !== undefined && kept.until > clock()) return kept.keys;
  const rows = await db.tenant(tenantId, (tx) => listActiveDkimKeys(tx, domain));
  const keys = await Promise.all(
    rows.map(async ({ algorithm, slot, ...wrapped }): Promise<SigningKey> => {
      const pkcs8 = await ring.openSecret(tenantId, secretName(domain, algorithm), wrapped);
      const key = await importSigningKey(algorithm, pkcs8);
      return { domain, selector: selectorOf({ algorithm, slot }), algorithm, pkcs8, key };
    }),
  );
  opened.delete(name);
  opened.set(name, { keys, until: clock() + (keys.length > 0 ? KEPT_MS : MISS_KEPT_MS) });
  const [oldest] = opened.keys();
  if (opened.size > KEPT_DOMAINS && oldest !== undefined) opened.delete(oldest);
  return keys;
}

/** The one key for what takes a single signature (an ARC set): RSA, which every verifier knows. */
export async function signingKeyFor(
  signing: Signing,
  tenantId: TenantId,
  domain: string,
): Promise<SigningKey | undefined> {
  const keys = await signingKeysFor(signing, tenantId, domain);
  return keys.find((key) => key.algorithm === "rsa") ?? keys[0];
}

/** To be called after a key was activated, so that this process follows at once. */
export function forgetSigningKeys({ opened }: Signing, tenantId: TenantId, domain: string): void {
  opened.delete(`${tenantId}/${domain}`);
}
