import type { Scanner } from "./scanner.ts";
import { type NumberRange, STAR, sequenceSet } from "./sequence-set.ts";

/** What a client knows of the mailbox that it selects again (RFC 7162 §3.2.5). */
export interface Resync {
  readonly uidValidity: number;
  /** The modification sequence up to which it has heard everything. */
  readonly modseq: number;
  /** The UIDs that it knows, if it says so. */
  readonly known?: readonly NumberRange[];
  /** It says which numbers some of them had. */
  readonly hasNumbers?: boolean;
}

/** Reads `(uidvalidity modseq [known-uids] [(numbers uids)])`, what follows QRESYNC and its space. */
export function resync(s: Scanner): Resync {
  s.expect("(");
  const uidValidity = s.nonZero();
  s.space();
  const modseq = s.number64();
  let known: readonly NumberRange[] | undefined;
  let hasNumbers = false;
  if (s.skip(" ") && s.peek() !== "(") {
    known = plainSet(s);
    if (s.skip(" ")) hasNumbers = numbersMatch(s);
  } else if (s.peek() === "(") hasNumbers = numbersMatch(s);
  s.expect(")");
  return {
    uidValidity,
    modseq,
    ...(known === undefined ? {} : { known }),
    ...(hasNumbers ? { hasNumbers } : {}),
  };
}

/** It saves a server without memory of what is gone from telling too much. Ours remembers everything. */
function numbersMatch(s: Scanner): true {
  s.expect("(");
  plainSet(s);
  s.space();
  plainSet(s);
  s.expect(")");
  return true;
}

/** A set that says its numbers: no "*", and no result of a search. */
function plainSet(s: Scanner): readonly NumberRange[] {
  const start = s.at;
  const set = sequenceSet(s);
  if (set === "$" || set.some(({ last }) => last === STAR)) return s.fail("a set without *", start);
  return set;
}
