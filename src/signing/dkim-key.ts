export const ALGORITHMS = ["rsa", "ed25519"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];
export type Slot = 1 | 2;

/** What stands in one slot of a domain; see decide-rotation for how it goes on. Times are milliseconds since the epoch. */
export interface DkimKey {
  readonly algorithm: Algorithm;
  readonly slot: Slot;
  readonly state: "published" | "active" | "retired" | "revoked";
  /** p= of the record, in base64: SubjectPublicKeyInfo for RSA (RFC 6376 §3.6.1), 32 octets for Ed25519 (RFC 8463 §4.2) */
  readonly publicKey: string;
  readonly publishedAt: number;
  readonly activatedAt: number | null;
  readonly retiredAt: number | null;
  readonly revokedAt: number | null;
  /** our name server was told of this state */
  readonly pushedAt: number | null;
  /** last look-up of the selector, and whether it gave this key */
  readonly lookedAt: number | null;
  readonly seen: boolean;
  /** It takes over as soon as the world sees it, and the key before it is revoked then: see rotate-now. */
  readonly urgent: boolean;
}

/** The selector of a slot: it never changes, so the customer enters its CNAME once. */
export function selectorOf({ algorithm, slot }: Pick<DkimKey, "algorithm" | "slot">): string {
  return `ang${slot}${algorithm === "rsa" ? "r" : "e"}`;
}

/** All selectors of a domain, in the order in which they are shown. */
export const SELECTORS: readonly string[] = ([1, 2] as const).flatMap((slot) =>
  ALGORITHMS.map((algorithm) => selectorOf({ algorithm, slot })),
);
