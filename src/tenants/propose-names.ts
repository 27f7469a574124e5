import { LOCAL_PART_PATTERN, SLUG_PATTERN, type SignupProblem } from "../contract/signup.ts";
import { isReservedLocalPart, isReservedSlug } from "./reserved-names.ts";
import { transliterate } from "./transliterate.ts";

/** Words between the ones that name an agency, in the languages of the interface. */
const SMALL_WORDS: ReadonlySet<string> = new Set(
  "the of and for in at de la le les el los las del di da dei della degli y e et und der die das tou tis ton tin kai to o i".split(
    " ",
  ),
);
const SLUG_MAX = 40;

const wordsOf = (name: string): string[] =>
  transliterate(name)
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");

/** `Municipality of Athens` → `municipality-athens`. Empty when the name has no letter that can be used. */
export function slugFor(agencyName: string): string {
  const words = wordsOf(agencyName);
  const telling = words.filter((word) => !SMALL_WORDS.has(word));
  let slug = "";
  for (const word of telling.length > 0 ? telling : words) {
    const longer = slug === "" ? word.slice(0, SLUG_MAX) : `${slug}-${word}`;
    if (longer.length > SLUG_MAX) break;
    slug = longer;
  }
  return slug;
}

/** `Μαρία Παπαδοπούλου` → `maria.papadopoulou`. */
export function localPartFor(personName: string): string {
  const words = wordsOf(personName);
  const ends = words.length > 2 ? [words[0], words.at(-1)] : words;
  return ends.join(".").slice(0, 64).replace(/\.$/, "");
}

/** What is wrong with a slug, apart from being taken. */
export function slugProblem(slug: string): SignupProblem["code"] | null {
  if (slug.length > 63) return "too_long";
  if (slug.length < 2) return "too_short";
  if (!SLUG_PATTERN.test(slug) || slug.startsWith("xn--")) return "malformed";
  return isReservedSlug(slug) ? "reserved" : null;
}

/** What is wrong with a local part for a person. `+` separates the detail of a sub-address, so it can't be in a name. */
export function localPartProblem(localPart: string): SignupProblem["code"] | null {
  if (localPart.length > 64) return "too_long";
  if (localPart === "") return "too_short";
  if (!LOCAL_PART_PATTERN.test(localPart) || localPart.includes("+")) return "malformed";
  return isReservedLocalPart(localPart) ? "reserved" : null;
}
