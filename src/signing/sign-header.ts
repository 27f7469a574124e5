import { signatureField, type SignedHeader } from "../protocol/dkim/index.ts";
import type { SigningKey } from "./signing.ts";

const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** One DKIM-Signature field for each key, with line ends, to be put before the message.
 * @param bodyHash base64 of the SHA-256 of the relaxed body   @param now milliseconds since the epoch */
export async function signHeader(
  header: SignedHeader,
  keys: readonly SigningKey[],
  bodyHash: string,
  now: number,
): Promise<string> {
  const fields = await Promise.all(
    keys.map(async ({ domain, selector, algorithm, key }) => {
      const isRsa = algorithm === "rsa";
      const { toSign, finish } = signatureField(header, {
        algorithm: isRsa ? "rsa-sha256" : "ed25519-sha256",
        domain,
        selector,
        at: Math.floor(now / 1000),
        bodyHash,
      });
      // Ed25519 signs the hash of the header, not the header (RFC 8463 §3).
      const signature = isRsa
        ? await crypto.subtle.sign("RSASSA-PKCS1-v1_5", key, toSign)
        : await crypto.subtle.sign("Ed25519", key, await crypto.subtle.digest("SHA-256", toSign));
      return finish(base64(signature));
    }),
  );
  return fields.join("");
}
