import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

const hmac = (key: Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const sha256 = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();

export interface ScramOptions {
  /** GS2 header, with its commas: `n,,`, `y,,`, `p=tls-exporter,,`. */
  readonly header?: string;
  /** The data of the channel. */
  readonly channel?: Buffer;
}

/** The client's side of SCRAM-SHA-256 (RFC 5802 §3), in messages without base64. */
export class ScramClient {
  readonly first: string;
  readonly #bare: string;
  readonly #header: string;
  readonly #channel: Buffer;
  readonly #password: string;
  #serverSignature = "";

  constructor(
    user: string,
    password: string,
    { header = "n,,", channel = Buffer.alloc(0) }: ScramOptions = {},
  ) {
    const name = user.replaceAll("=", "=3D").replaceAll(",", "=2C");
    this.#bare = `n=${name},r=${randomBytes(12).toString("base64")}`;
    this.#header = header;
    this.#channel = channel;
    this.#password = password;
    this.first = header + this.#bare;
  }

  /** The answer to `r=…,s=…,i=…`. */
  final(challenge: string): string {
    const match = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge);
    const [, nonce = "", salt = "", iterations = ""] = match ?? [];
    if (match === null) throw new Error(`no challenge: ${challenge}`);
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
    const clientKey = hmac(salted, "Client Key");
    const c = Buffer.concat([Buffer.from(this.#header), this.#channel]).toString("base64");
    const withoutProof = `c=${c},r=${nonce}`;
    const authMessage = `${this.#bare},${challenge},${withoutProof}`;
    const signature = hmac(sha256(clientKey), authMessage);
    const proof = Buffer.from(clientKey.map((octet, i) => octet ^ (signature[i] ?? 0)));
    this.#serverSignature = hmac(hmac(salted, "Server Key"), authMessage).toString("base64");
    return `${withoutProof},p=${proof.toString("base64")}`;
  }

  /** Whether `v=…` proves that the server knows the password. */
  isServer(said: string): boolean {
    return said === `v=${this.#serverSignature}`;
  }
}
