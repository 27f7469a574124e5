import { createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey } from "node:crypto";
import type { Cipher } from "../src/blob/index.ts";

const TAG_BYTES = 16;
const AES = "aes-256-gcm";

/** Node's own primitives: for a mail of a few kilobytes a call takes microseconds on this thread, where a job of WebCrypto
 * costs ten times that on two. Keys are made into objects first: given octets, Node finds out by an exception that they are none,
 * which costs 12 of the 18 microseconds that it takes to seal 4 KB. */
export const nodeCipher: Cipher = {
  seal(key, iv, about, plain) {
    const cipher = createCipheriv(AES, createSecretKey(key), iv).setAAD(about);
    const sealed = new Uint8Array(plain.length + TAG_BYTES);
    sealed.set(cipher.update(plain));
    cipher.final();
    sealed.set(cipher.getAuthTag(), plain.length);
    return sealed;
  },
  open(key, iv, about, sealed) {
    if (sealed.length < TAG_BYTES) throw new RangeError("sealed bytes end before their tag");
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(AES, createSecretKey(key), iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(about).setAuthTag(sealed.subarray(end));
    const plain = decipher.update(sealed.subarray(0, end));
    decipher.final();
    return new Uint8Array(plain);
  },
  hmac: (key, bytes) => new Uint8Array(createHmac("sha256", createSecretKey(key)).update(bytes).digest()),
  sha256: (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest()),
};
