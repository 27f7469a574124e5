import type { Judged, RecordLook } from "./domain-look.ts";

/** A record that was right counts as changed when two looks in a row say so. */
const BAD_LOOKS = 2;

/** What was known of a record, and what the DNS says now. What gets no answer stays what it was: silence never makes a record missing. */
function follow(before: RecordLook | undefined, now: number, { state, ...judged }: Judged): RecordLook {
  if (state === undefined) {
    const known = before ?? {
      state: "unknown",
      problem: null,
      found: [],
      since: null,
      everFound: false,
      badLooks: 0,
      told: false,
    };
    const { id, purpose, name, priority, need } = judged;
    const { type, value } = before ?? judged;
    return { ...known, id, purpose, type, name, value, priority, need, answered: false };
  }
  const isSame = before !== undefined && before.state === state && before.problem === judged.problem;
  const isFound = state === "found";
  return {
    ...judged,
    state,
    since: isSame ? before.since : now,
    answered: true,
    everFound: isFound || (before?.everFound ?? false),
    badLooks: isFound ? 0 : (before?.badLooks ?? 0) + 1,
    told: isFound ? false : (before?.told ?? false),
  };
}

export interface Drift {
  readonly records: readonly RecordLook[];
  /** Those that administrators must be told of now: they were right, and are not any more. */
  readonly drifted: readonly RecordLook[];
  /** Everything that they had been told of is right again. */
  readonly isGoodAgain: boolean;
  /** Something is not as it was, and one more look has to say so. */
  readonly isDoubtful: boolean;
}

/** @param isProven only a domain that is ours to watch can drift */
export function decideDrift(
  before: readonly RecordLook[],
  judged: readonly Judged[],
  { now, isProven }: { readonly now: number; readonly isProven: boolean },
): Drift {
  const byId = new Map(before.map((one) => [one.id, one]));
  const records = judged.map((one) => follow(byId.get(one.id), now, one));
  const watched = records.filter(
    (one) => isProven && one.everFound && one.purpose !== "proof" && one.purpose !== "delegation",
  );
  const bad = watched.filter((one) => one.state === "missing" || one.state === "wrong");
  const drifted = bad.filter((one) => !one.told && one.badLooks >= BAD_LOOKS);
  const wasTold = before.some((one) => one.told);
  return {
    records: records.map((one) => (drifted.includes(one) ? { ...one, told: true } : one)),
    drifted,
    isGoodAgain: wasTold && drifted.length === 0 && records.every((one) => !one.told),
    isDoubtful: bad.some((one) => !one.told && one.badLooks < BAD_LOOKS),
  };
}
