/** RFC 7208 §4.6.4: what takes more questions than this is an error for the receiver. */
export const LOOKUPS_MAX = 10;
/** No receiver follows further, so neither do we. */
const DEPTH_MAX = 10;

/** The texts that are SPF records (RFC 7208 §4.5). */
export const spfTexts = (texts: readonly string[]): string[] =>
  texts.filter((text) => /^v=spf1(?: |$)/i.test(text));

const termsOf = (text: string): string[] =>
  text
    .trim()
    .split(/ +/)
    .slice(1)
    .filter((term) => term !== "");

const MECHANISM =
  /^[+?~-]?(?:all|(?:include|exists):\S+|(?:a|mx|ptr)(?::[^\s/]+)?(?:\/\d+)?(?:\/\/\d+)?|ip4:[\d.]+(?:\/\d+)?|ip6:[\da-f:.]+(?:\/\d+)?)$/i;
const MODIFIER = /^[a-z][a-z0-9._-]*=\S*$/i;

/** Whether every term is one that a receiver understands (§4.6.1): one that is not makes all of it an error. */
export const isSpf = (text: string): boolean =>
  termsOf(text).every((term) => MECHANISM.test(term) || MODIFIER.test(term));

/** Whether mail from us passes by this record. */
export const hasInclude = (text: string, include: string): boolean =>
  termsOf(text).some((term) => term.toLowerCase().replace(/^\+/, "") === `include:${include}`);

const isAll = (term: string): boolean => /^[+?~-]?all$/i.test(term);
const isRedirect = (term: string): boolean => /^redirect=/i.test(term);

/** What counts where two records say different things of all others: nobody is refused who was not, and nobody is let in. */
const LENIENT = ["~all", "?all", "-all"];

/** One record in place of those that are there, with our include: everything that may send now may send then. Ours comes before the
 * mechanism that says what the others may. In whatever order the DNS gives them, it is the same. */
export function mergeSpf(texts: readonly string[], include: string): string {
  const terms = texts.toSorted().flatMap(termsOf);
  const seen = new Set<string>();
  const senders = terms.filter((term) => {
    const key = term.toLowerCase();
    if (isAll(term) || isRedirect(term) || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  const all =
    LENIENT.find((wanted) => terms.some((term) => term.toLowerCase() === wanted)) ?? terms.find(isAll);
  const redirect = terms.find(isRedirect);
  const ours = `include:${include}`;
  const end = all ?? redirect ?? "~all";
  return ["v=spf1", ...senders.filter((term) => term.toLowerCase() !== ours), ours, end].join(" ");
}

/** How many questions a receiver asks for a record at most (§4.6.4).
 * @param textsOf the texts of a name @throws what `textsOf` throws */
export async function countLookups(
  text: string,
  textsOf: (name: string) => Promise<readonly string[]>,
  depth = 0,
): Promise<number> {
  let count = 0;
  for (const term of termsOf(text)) {
    const [, kind = "", name = ""] =
      /^[+?~-]?(include|redirect|a|mx|ptr|exists)(?:[:=]([^\s/]+))?/i.exec(term) ?? [];
    if (!/^(?:[+?~-]?(?:include:|exists:|(?:a|mx|ptr)(?:[:/]|$))|redirect=)/i.test(term)) continue;
    count++;
    const isNested = /^(?:include|redirect)$/i.test(kind);
    // A name made of the sender's (macros, §7) can't be followed from here.
    if (!isNested || name.includes("%") || depth >= DEPTH_MAX || count > 2 * LOOKUPS_MAX) continue;
    const [nested] = spfTexts(await textsOf(name.toLowerCase()));
    if (nested !== undefined) count += await countLookups(nested, textsOf, depth + 1);
  }
  return count;
}
