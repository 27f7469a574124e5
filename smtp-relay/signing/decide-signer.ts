/** What decides who signs. Domains are canonical: A-labels, lower case. */
export interface SignerFacts {
  /** domains of the From addresses */
  readonly authors: readonly string[];
  /** "" is the null path */
  readonly mailFrom: string;
}

/** SRS rewrites the sender of what is forwarded, so that SPF holds. */
const FORWARDED = /^srs[01][=+-].*@([^@]+)$/i;

const isRelated = (a: string, b: string): boolean => a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`);

/** The domain that vouches for a message: its author's. A message that is only forwarded is not the author's word to us: the domain that
 * forwards it signs it, but never when it claims to be of that same domain, since anyone may have written it.
 * @returns null: nobody vouches */
export function decideSigner({ authors, mailFrom }: SignerFacts): string | null {
  const [author, second] = authors;
  const forwarder = FORWARDED.exec(mailFrom)?.[1]?.toLowerCase();
  if (forwarder !== undefined)
    return authors.some((domain) => isRelated(domain, forwarder)) ? null : forwarder;
  return author === undefined || author === "" || second !== undefined ? null : author;
}
