const PREFIX = "whsec_";
const SECRET_OCTETS = 32;

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** A new secret in the form that libraries for Standard Webhooks take: `whsec_<base64>`. */
export function newSecret(random: (length: number) => Uint8Array<ArrayBuffer>): string {
  return PREFIX + toBase64(random(SECRET_OCTETS));
}

/** The fields of a delivery: whoever has the secret knows that it is ours, unchanged, and not an old one again.
 * @see https://www.standardwebhooks.com */
export async function signatureFields(
  secret: string,
  { id, seconds, body }: { readonly id: string; readonly seconds: number; readonly body: string },
): Promise<Record<string, string>> {
  const raw = Uint8Array.from(atob(secret.slice(PREFIX.length)), (char) => char.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signed = new TextEncoder().encode(`${id}.${seconds}.${body}`);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, signed));
  return { "webhook-id": id, "webhook-timestamp": `${seconds}`, "webhook-signature": `v1,${toBase64(mac)}` };
}
