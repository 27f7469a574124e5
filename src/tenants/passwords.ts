import type { KeyRing } from "../blob/index.ts";
import type { Clock, RandomBytes } from "../kernel/ports.ts";
import { equalOctets } from "../protocol/sasl/index.ts";

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
/** How long a wrong one is known to be wrong: a program that has an old password asks again and again. */
const WRONG_MS = 60 * 60_000;
const KEPT_MAX = 20_000;
const LOOKING_MS = 10_000;

/** `again`: this password was tried before, and is as wrong as it was. */
export type Verdict = "right" | "wrong" | "again";

const encoder = new TextEncoder();
const base64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes));
const fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

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
  /** digest of verifier and password → until when it is known to be right, or wrong */
  readonly #proven = new Map<string, number>();
  readonly #wrong = new Map<string, number>();
  /** the same, for passwords that are being looked at now */
  readonly #looking = new Map<string, Promise<boolean>>();

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

  /** Checks a password. What is known of it already, or is being found out, costs no scrypt. */
  async verify(verifier: string, password: string): Promise<Verdict> {
    const [kind, hash = ""] = verifier.split("$");
    if (kind === "random") return equalOctets(await sha256(password), fromBase64(hash)) ? "right" : "wrong";
    const now = this.#clock();
    const proof = base64(await this.#keys.pepper(encoder.encode(`${verifier}\0${password}`)));
    if ((this.#proven.get(proof) ?? 0) > now) return "right";
    if ((this.#wrong.get(proof) ?? 0) > now) return "again";
    const underWay = this.#looking.get(proof);
    const known = underWay === undefined ? undefined : await soon(underWay);
    if (known !== undefined) return known ? "right" : "again";
    const looking = this.#look(verifier, password);
    this.#looking.set(proof, looking);
    try {
      const isRight = await looking;
      const kept = isRight ? this.#proven : this.#wrong;
      if (kept.size >= KEPT_MAX) kept.clear();
      kept.set(proof, now + (isRight ? PROVEN_MS : WRONG_MS));
      return isRight ? "right" : "wrong";
    } finally {
      if (this.#looking.get(proof) === looking) this.#looking.delete(proof);
    }
  }

  /** Takes the time of a check, so that an unknown address can't be told from a wrong password.
   * @param about whose password it would be */
  async pretend(about: string, password: string): Promise<Verdict> {
    return this.verify(`none$${about}`, password);
  }

  async #look(verifier: string, password: string): Promise<boolean> {
    const [kind, first = "", second = ""] = verifier.split("$");
    if (kind === "scrypt")
      return equalOctets(await this.#slow(password, fromBase64(first)), fromBase64(second));
    const isRight =
      kind === "pepper" && equalOctets(await this.#peppered(password, fromBase64(first)), fromBase64(second));
    // A wrong one takes as long as any other.
    if (!isRight) await this.#slow(password, new Uint8Array(16));
    return isRight;
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

/** What another attempt finds out; undefined: not in time, since whoever asked may have gone with all that was done for them. */
async function soon(found: Promise<boolean>): Promise<boolean | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), LOOKING_MS);
  try {
    return await Promise.race([found, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function sha256(text: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}
