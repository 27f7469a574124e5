import type { PeopleQuery } from "../contract/people.ts";
import type { Db } from "../db/index.ts";
import type { PeopleChanger } from "./changer.ts";
import { listPeople, type PeopleKey, type PersonRow, searchPeople } from "./person.store.ts";

/** More words than this make nothing clearer. */
const WORDS_MAX = 5;

/** What somebody types to look for a name, as words; the longest, which the fewest have, first. null: nothing to look for. */
export function searchedWords(q: string | undefined): readonly [string, ...string[]] | null {
  const words = (q ?? "").normalize("NFC").split(/[\s,;"'()<>]+/u);
  const told = words.filter((word) => word !== "").toSorted((a, b) => b.length - a.length);
  const [first, ...others] = told.slice(0, WORDS_MAX);
  return first === undefined ? null : [first, ...others];
}

/** A page of people whom the one who asks looks after; one row more than `limit` tells that there is another.
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
  return db.tenant(tenantId, (tx) =>
    words === null ? listPeople(tx, filter, page) : searchPeople(tx, filter, words, page),
  );
}
