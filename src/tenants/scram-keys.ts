import { equalOctets } from "../protocol/sasl/index.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a server keeps of a password (RFC 5802 §3): enough to check a client, not enough to be one. 32 octets each. */
export interface ScramKeys {
  readonly storedKey: Bytes;
  readonly serverKey: Bytes;
}

const encoder = new TextEncoder();

async function hmac(key: Bytes, message: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

function xor(a: Bytes, b: Bytes): Bytes {
  return a.map((octet, i) => octet ^ (b[i] ?? 0));
}

/** Makes the keys of SCRAM-SHA-256. @param password prepared (`saslprep`), not empty */
export async function deriveScramKeys(password: string, salt: Bytes, iterations: number): Promise<ScramKeys> {
  const base = await crypto.subtle.importKey("raw", encoder.encode(password), "PBKDF2", false, [
    "deriveBits",
  ]);
  const params = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  const salted: Bytes = new Uint8Array(await crypto.subtle.deriveBits(params, base, 256));
  const clientKey = await hmac(salted, encoder.encode("Client Key"));
  return {
    storedKey: await sha256(clientKey),
    serverKey: await hmac(salted, encoder.encode("Server Key")),
  };
}

/** Whether a proof was made with the password of these keys (RFC 5802 §3). */
export async function isScramProof(keys: ScramKeys, authMessage: string, proof: Bytes): Promise<boolean> {
  if (proof.length !== keys.storedKey.length) return false;
  const signature = await hmac(keys.storedKey, encoder.encode(authMessage));
  return equalOctets(await sha256(xor(proof, signature)), keys.storedKey);
}

/** What proves to the client that the server knows it too. */
export function scramServerSignature({ serverKey }: ScramKeys, authMessage: string): Promise<Bytes> {
  return hmac(serverKey, encoder.encode(authMessage));
}
