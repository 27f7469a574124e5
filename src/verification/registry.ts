import type { Candidates, RegistryEntry } from "../contract/verification.ts";
import type { Db } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { parseRcptTo } from "../protocol/smtp/index.ts";
import { findEntries, listTaken, type NewEntry, type StoredEntry, upsertEntries } from "./registry.store.ts";
import { gramsOf, searchKeyOf } from "./search-key.ts";

const AT_ONCE = 1_000;
const FOUND_MAX = 20;

/** A line of a registry file that can't be taken. */
export interface EntryProblem {
  /** 0 is the first entry */
  readonly index: number;
  readonly problem: string;
}

/** Whether mail can be sent there: an address of US-ASCII. */
export function isReachable(email: string): boolean {
  const path = parseRcptTo(`TO:<${email}>`);
  return path.ok && path.value.path.domain !== null && !path.value.path.needsUtf8;
}

function problemOf(entry: StoredEntry): string | null {
  if (entry.officialId === "" || entry.officialId.length > 100) return "official_id has 1 to 100 characters";
  if (entry.name === "" || entry.name.length > 300) return "name has 1 to 300 characters";
  if (searchKeyOf(entry.name) === "") return "name has no letters";
  if (entry.kind.length > 100) return "kind has at most 100 characters";
  if (entry.email !== null && !isReachable(entry.email)) return `${entry.email} is no e-mail address`;
  if ((entry.postalAddress ?? "").length > 500) return "postal_address has at most 500 characters";
  return null;
}

/** Takes the entries of an official registry: all of them, or none and what is wrong. What was imported before and is not in the file stays.
 * @throws {MailError} invalid_input: the country */
export async function importRegistry(
  db: Db,
  country: string,
  entries: readonly Omit<StoredEntry, "country">[],
): Promise<{ readonly count: number; readonly problems: readonly EntryProblem[] }> {
  if (!/^[A-Z]{2}$/.test(country)) throw new MailError("invalid_input", { field: "country", country });
  const problems: EntryProblem[] = [];
  const seen = new Map<string, number>();
  const wanted: NewEntry[] = [];
  for (const [index, given] of entries.entries()) {
    const entry = { ...given, country };
    const twin = seen.get(entry.officialId);
    const problem =
      problemOf(entry) ?? (twin === undefined ? null : `official_id is in entry ${twin + 1} already`);
    if (problem !== null) problems.push({ index, problem });
    seen.set(entry.officialId, index);
    const searchKey = searchKeyOf(entry.name);
    wanted.push({ ...entry, searchKey, grams: gramsOf(searchKey) });
  }
  if (problems.length > 0) return { count: 0, problems };
  await db.system("operator imports a registry", async (tx) => {
    for (let at = 0; at < wanted.length; at += AT_ONCE)
      await upsertEntries(tx, wanted.slice(at, at + AT_ONCE));
  });
  return { count: wanted.length, problems };
}

/** `p…s@dimos.gr`: enough to know whose it is, and not to write there. */
function maskedAddress(email: string): string {
  const at = email.lastIndexOf("@");
  const local = email.slice(0, at);
  const shown = local.length < 3 ? `${local.slice(0, 1)}…` : `${local.slice(0, 1)}…${local.slice(-1)}`;
  return `${shown}${email.slice(at)}`;
}

/** An entry, as an agency sees it. */
export const entryView = ({ email, ...entry }: StoredEntry): RegistryEntry => ({
  country: entry.country,
  officialId: entry.officialId,
  name: entry.name,
  kind: entry.kind,
  email: email === null ? null : maskedAddress(email),
  postalAddress: entry.postalAddress,
});

/** Entries that are like what was typed. @throws {MailError} unavailable */
export async function findCandidates(db: Db, tenantId: TenantId, typed: string): Promise<Candidates> {
  const key = searchKeyOf(typed);
  const wanted = { typed: typed.trim(), key, grams: gramsOf(key), limit: FOUND_MAX };
  const found = await db.tenant(tenantId, (tx) => findEntries(tx, wanted));
  const taken = await db.system("which registry entries are taken", (tx) => listTaken(tx, found));
  const isTaken = (one: StoredEntry): boolean =>
    taken.some((other) => other.country === one.country && other.officialId === one.officialId);
  return { items: found.map((one) => ({ ...entryView(one), isTaken: isTaken(one) })) };
}
