/**
 * Rights to a mailbox (RFC 4314 §2.1) as bits: lookup, read, keep \Seen, write flags, insert, post, create mailboxes below,
 * delete the mailbox, mark as \Deleted, expunge, administer.
 */
export const RIGHT = {
  l: 1,
  r: 2,
  s: 4,
  w: 8,
  i: 16,
  p: 32,
  k: 64,
  x: 128,
  t: 256,
  e: 512,
  a: 1_024,
} as const;

/** A set of rights: bits of `RIGHT`. */
export type Rights = number;

/** What the owner of a mailbox always has. */
export const ALL_RIGHTS: Rights = 2_047;

const BIT_OF: ReadonlyMap<string, number> = new Map(Object.entries(RIGHT));

/** @param letters of `RIGHT`; others, and doubles, count for nothing */
export function rightsOf(letters: string): Rights {
  let rights = 0;
  for (const letter of letters) rights |= BIT_OF.get(letter) ?? 0;
  return rights;
}

/** The letters, in the order of `RIGHT`. */
export function lettersOf(rights: Rights): string {
  return [...BIT_OF]
    .filter(([, bit]) => (rights & bit) !== 0)
    .map(([letter]) => letter)
    .join("");
}

/** Whether all of these letters are among the rights. */
export function may(rights: Rights, letters: string): boolean {
  const wanted = rightsOf(letters);
  return (rights & wanted) === wanted;
}

/** What somebody may do to whom several entries apply (RFC 4314 §2): what any of them gives, without what any negative one takes. */
export function effectiveRights(granted: Rights, denied: Rights): Rights {
  return granted & ~denied;
}

export interface RightsChange {
  readonly op: "replace" | "add" | "remove";
  readonly rights: Rights;
}

/** The rights of an entry after a change of it (RFC 4314 §3.1). */
export function changedRights(rights: Rights, change: RightsChange): Rights {
  if (change.op === "replace") return change.rights;
  return change.op === "add" ? rights | change.rights : rights & ~change.rights;
}
