import type { KeyRing } from "../blob/index.ts";
import type { Clock, RandomBytes } from "../kernel/ports.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** scrypt (RFC 7914) of the runtime; both Node and workerd have it in node:crypto. 32 octets come out. */
export type Scrypt = (
  password: Bytes,
  salt: Bytes,
  cost: { readonly N: number; readonly r: number; readonly p: number },
) => Promise<Bytes>;

/** About 32 MB and 0.1 s on one core for each guess. */
const COST = { N: 2 ** 15, r: 8, p: 3 } as const;

/** How long a password that was right is known to be right without scrypt: HTTP Basic sends it with every request. */
const PROVEN_MS = 5 * 60_000;
const PROVEN_MAX = 20_000;

const encoder = new TextEncoder();
const base64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes));
const fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** Compares without telling by the time it takes where the difference is. */
function equal(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Makes and checks the stored form of passwords:
 * - `scrypt$<salt>$<hash>`: the password through the pepper, then scrypt;
 * - `pepper$<salt>$<hash>`: only the pepper, a key that the database never has. For imports of thousands, and replaced by
 *   scrypt at the first sign-in; whoever has the database alone can't try passwords on it;
 * - `random$<hash>`: SHA-256 of an app password, which is random and so can't be guessed. */
export class Passwords {
  readonly #scrypt: Scrypt;
  readonly #keys: KeyRing;
  readonly #random: RandomBytes;
  readonly #clock: Clock;
  /** digest of verifier and password → until when it is known to be right */
  readonly #proven = new Map<string, number>();

  constructor(scrypt: Scrypt, keys: KeyRing, clock: Clock, random: RandomBytes) {
    this.#scrypt = scrypt;
    this.#keys = keys;
    this.#clock = clock;
    this.#random = random;
  }

  async hash(password: string): Promise<string> {
    const salt = this.#random(16);
    return `scrypt$${base64(salt)}$${base64(await this.#slow(password, salt))}`;
  }

  /** See `pepper$` above. */
  async hashForImport(password: string): Promise<string> {
    const salt = this.#random(16);
    return `pepper$${base64(salt)}$${base64(await this.#peppered(password, salt))}`;
  }

  /** A new app password, 100 bits in groups that can be typed, and its stored form. */
  async newAppPassword(): Promise<{ password: string; verifier: string }> {
    const letters = "abcdefghijkmnopqrstuvwxyz2345678";
    const text = [...this.#random(20)].map((byte) => letters[byte & 31] ?? "").join("");
    const password = text.replaceAll(/(.{5})(?=.)/g, "$1-");
    return { password, verifier: `random$${base64(await sha256(password))}` };
  }

  /** A password that nobody chose, for people whose list had none. */
  newPassword(): string {
    const letters = "abcdefghijkmnopqrstuvwxyz2345678";
    return [...this.#random(16)]
      .map((byte) => letters[byte & 31] ?? "")
      .join("")
      .replaceAll(/(.{4})(?=.)/g, "$1-");
  }

  async verify(verifier: string, password: string): Promise<boolean> {
    const [kind, first = "", second = ""] = verifier.split("$");
    if (kind === "random") return equal(await sha256(password), fromBase64(first));
    if (kind === "pepper")
      return equal(await this.#peppered(password, fromBase64(first)), fromBase64(second));
    const now = this.#clock();
    const proof = base64(await this.#keys.pepper(encoder.encode(`${verifier}\0${password}`)));
    if ((this.#proven.get(proof) ?? 0) > now) return true;
    if (!equal(await this.#slow(password, fromBase64(first)), fromBase64(second))) return false;
    if (this.#proven.size >= PROVEN_MAX) this.#proven.clear();
    this.#proven.set(proof, now + PROVEN_MS);
    return true;
  }

  /** Takes the time of a check, so that an unknown address can't be told from a wrong password. */
  async pretend(password: string): Promise<void> {
    await this.#slow(password, new Uint8Array(16));
  }

  needsStrengthening(verifier: string): boolean {
    return verifier.startsWith("pepper$");
  }

  async #slow(password: string, salt: Bytes): Promise<Bytes> {
    return this.#scrypt(await this.#peppered(password, salt), salt, COST);
  }

  #peppered(password: string, salt: Bytes): Promise<Bytes> {
    // NFC, so that the same letters typed on another keyboard are the same password (RFC 8265 §4.2).
    const text = encoder.encode(password.normalize("NFC"));
    const bytes = new Uint8Array(salt.length + text.length);
    bytes.set(salt);
    bytes.set(text, salt.length);
    return this.#keys.pepper(bytes);
  }
}

async function sha256(text: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}
