import type { PeopleQuery } from "../contract/people.ts";
import type { Db } from "../db/index.ts";
import type { PeopleChanger } from "./changer.ts";
import { countWords, listPeople, type PeopleKey, type PersonRow, searchPeople } from "./person.store.ts";

/** More words than this make nothing clearer. */
const WORDS_MAX = 5;

/** What somebody types to look for a name, as words; the longest, which the fewest have, first. null: nothing to look for. */
export function searchedWords(q: string | undefined): readonly [string, ...string[]] | null {
  const words = (q ?? "").normalize("NFC").split(/[\s,;"'()<>]+/u);
  const told = words.filter((word) => word !== "").toSorted((a, b) => b.length - a.length);
  const [first, ...others] = told.slice(0, WORDS_MAX);
  return first === undefined ? null : [first, ...others];
}

/** When so many have the word, most of a list are found soon; when fewer, looking at each of them costs little. */
const COMMON = 2_000;

/** A page of people whom the one who asks looks after; one row more than `limit` tells that there is another. By the word that was found; where
 * few of those who have it can fit (another state, a role, a domain), by address.
 * @param after the key of the last row of the page before */
export function findPeople(
  db: Db,
  { tenantId, domains }: Pick<PeopleChanger, "tenantId" | "domains">,
  { q, domain, state, role, limit }: PeopleQuery,
  after: PeopleKey | null,
): Promise<PersonRow[]> {
  const filter = { domain, state, role, domains };
  const page = { after, limit: limit + 1 };
  const words = searchedWords(q);
  return db.tenant(tenantId, async (tx) => {
    if (words === null) return listPeople(tx, filter, page);
    const isFew = role !== undefined || (state !== undefined && state !== "active");
    const isNarrow = domain !== undefined || domains !== null;
    if (isFew || (isNarrow && (await countWords(tx, words[0], COMMON)) >= COMMON))
      return listPeople(tx, filter, page, words);
    return searchPeople(tx, filter, words, page);
  });
}
