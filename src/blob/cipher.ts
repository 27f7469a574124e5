type Bytes = Uint8Array<ArrayBuffer>;

/** The few primitives that the vault stands on. A runtime whose own are faster than WebCrypto brings them. */
export interface Cipher {
  /** AES-256-GCM. @param iv 12 octets @returns the ciphertext with its tag of 16 octets at the end */
  seal(key: Bytes, iv: Bytes, about: Bytes, plain: Bytes): Promise<Bytes> | Bytes;
  /** @throws when the key, `iv`, `about` or a single bit is not what it was sealed with */
  open(key: Bytes, iv: Bytes, about: Bytes, sealed: Bytes): Promise<Bytes> | Bytes;
  /** HMAC-SHA-256 */
  hmac(key: Bytes, bytes: Bytes): Promise<Bytes> | Bytes;
  sha256(bytes: Bytes): Promise<Bytes> | Bytes;
}

const aes = (key: Bytes, use: "encrypt" | "decrypt"): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);

/** WebCrypto: everywhere, but each call is a job on another thread. */
export const webCipher: Cipher = {
  async seal(key, iv, additionalData, plain) {
    const params = { name: "AES-GCM", iv, additionalData };
    return new Uint8Array(await crypto.subtle.encrypt(params, await aes(key, "encrypt"), plain));
  },
  async open(key, iv, additionalData, sealed) {
    const params = { name: "AES-GCM", iv, additionalData };
    return new Uint8Array(await crypto.subtle.decrypt(params, await aes(key, "decrypt"), sealed));
  },
  async hmac(key, bytes) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const imported = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes));
  },
  async sha256(bytes) {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  },
};
