import type { TenantId } from "../kernel/id.ts";
import { insertDkimKey } from "./dkim-key.store.ts";
import type { Algorithm, Slot } from "./dkim-key.ts";
import { secretName, type Signing } from "./signing.ts";

const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** RFC 8301 §3.2: at least 1024 bits, should be 2048; more would not fit into what old resolvers pass on. */
const RSA_BITS = 2048;

/** @returns the private key as PKCS #8, and what p= says */
async function generate(
  algorithm: Algorithm,
): Promise<{ readonly pkcs8: Uint8Array<ArrayBuffer>; readonly publicKey: string }> {
  const pair = await (algorithm === "rsa"
    ? crypto.subtle.generateKey(
        {
          name: "RSASSA-PKCS1-v1_5",
          modulusLength: RSA_BITS,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: "SHA-256",
        },
        true,
        ["sign", "verify"],
      )
    : crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]));
  if (!("privateKey" in pair)) throw new Error("a key pair was asked for");
  const [pkcs8, publicKey] = await Promise.all([
    crypto.subtle.exportKey("pkcs8", pair.privateKey),
    crypto.subtle.exportKey(algorithm === "rsa" ? "spki" : "raw", pair.publicKey),
  ]);
  return { pkcs8: new Uint8Array(pkcs8), publicKey: base64(publicKey) };
}

/** A key that stands in no slot yet, its private half sealed. */
export type NewDkimKey = Parameters<typeof insertDkimKey>[2];

/** Makes a key. Its private half leaves this function sealed only. @throws {MailError} unavailable */
export async function generateDkimKey(
  { keys }: Pick<Signing, "keys">,
  tenantId: TenantId,
  domain: string,
  { algorithm, slot }: { readonly algorithm: Algorithm; readonly slot: Slot },
): Promise<NewDkimKey> {
  const { pkcs8, publicKey } = await generate(algorithm);
  const sealed = await keys.sealSecret(tenantId, secretName(domain, algorithm), pkcs8);
  return { ...sealed, algorithm, slot, publicKey };
}

/** Makes a key and puts it into a slot, to be published.
 * @returns false: another process was faster, or the domain is not the tenant's
 * @throws {MailError} unavailable */
export async function makeDkimKey(
  signing: Signing,
  tenantId: TenantId,
  domain: string,
  place: { readonly algorithm: Algorithm; readonly slot: Slot },
): Promise<boolean> {
  const key = await generateDkimKey(signing, tenantId, domain, place);
  return signing.db.tenant(tenantId, (tx) => insertDkimKey(tx, domain, key, signing.clock()));
}
