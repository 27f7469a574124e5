import type { Scanner } from "./scanner.ts";

/** All rights of RFC 4314 §2.1, in the order in which they are told. */
const LETTERS = "lrswipkxtea";

/**
 * Rights of RFC 2086 that older clients say and want to hear (RFC 4314 §2.1.1). `x` belongs to "d" here, as in the examples of that
 * RFC: it says so in the capability by what stands behind `RIGHTS=`.
 */
const OBSOLETE = { c: ["k"], d: ["x", "t", "e"] } as const;

/** What follows `RIGHTS=` in the capability (RFC 4314 §2.2). */
export const NEW_RIGHTS = "kxte";

/** What SETACL does to the rights of an identifier. */
export interface RightsArgs {
  readonly op: "replace" | "add" | "remove";
  /** letters of RFC 4314, each once */
  readonly rights: string;
}

/** Reads `mod-rights` (RFC 4314 §4): unknown rights, and those in capitals, are no command at all (§3.1). */
export function modRights(s: Scanner): RightsArgs {
  const start = s.at;
  const text = String.fromCharCode(...s.astring());
  const sign = text.charAt(0);
  const op = sign === "+" ? "add" : sign === "-" ? "remove" : "replace";
  const said = op === "replace" ? text : text.slice(1);
  const letters = new Set<string>();
  for (const letter of said) {
    if (letter === "c" || letter === "d") for (const one of OBSOLETE[letter]) letters.add(one);
    else if (LETTERS.includes(letter)) letters.add(letter);
    else s.fail(`rights of ${LETTERS}cd`, start);
  }
  return { op, rights: [...letters].join("") };
}

/** Rights as they are told, with the obsolete ones that have a part in them. @param letters of RFC 4314 */
export function withObsolete(letters: string): string {
  const also = Object.entries(OBSOLETE).filter(([, parts]) => parts.some((one) => letters.includes(one)));
  return letters + also.map(([letter]) => letter).join("");
}
