import type { KeyRing } from "../blob/index.ts";
import type { RandomBytes } from "../kernel/ports.ts";

const encoder = new TextEncoder();
const NONCE_BYTES = 12;
const TOKEN_MAX = 1_500;

/** RFC 4648 §5, without padding. */
const encodeBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/** A key of AES-256-GCM for one use, which only our processes can derive. */
async function keyFor(keys: KeyRing, use: string): Promise<CryptoKey> {
  const raw = await keys.pepper(encoder.encode(`token of ${use}`));
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Words that travel through other people's hands: nobody can read, change or make them. */
export async function sealToken(
  keys: KeyRing,
  random: RandomBytes,
  use: string,
  words: readonly string[],
): Promise<string> {
  const iv = random(NONCE_BYTES);
  const plain = encoder.encode(JSON.stringify(words));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await keyFor(keys, use), plain);
  const token = new Uint8Array(NONCE_BYTES + sealed.byteLength);
  token.set(iv);
  token.set(new Uint8Array(sealed), NONCE_BYTES);
  return encodeBase64Url(token);
}

/** @returns null: we did not make it, or for another use */
export async function openToken(keys: KeyRing, use: string, token: string): Promise<string[] | null> {
  if (token.length > TOKEN_MAX) return null;
  const bytes = decodeBase64Url(token);
  if (bytes === null || bytes.length <= NONCE_BYTES) return null;
  try {
    const params = { name: "AES-GCM", iv: bytes.slice(0, NONCE_BYTES) };
    const plain = await crypto.subtle.decrypt(params, await keyFor(keys, use), bytes.slice(NONCE_BYTES));
    const words: unknown = JSON.parse(new TextDecoder().decode(plain));
    return Array.isArray(words) && words.every((word) => typeof word === "string") ? words : null;
  } catch {
    return null; // not ours, or changed on its way
  }
}
