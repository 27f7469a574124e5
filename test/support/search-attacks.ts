import * as search from "../../src/mailstore/placement-search.store.ts";
import * as index from "../../src/mailstore/search-index.store.ts";
import { searchKeys } from "../../src/mailstore/search-keys.ts";
import * as sorting from "../../src/mailstore/sort-placements.store.ts";
import { type Attack, nothing } from "./attack.ts";
import type { Inhabitant } from "./isolation-world.ts";

const uids = [{ lo: 1, hi: 1000 }];
const keys = (v: Inhabitant) => searchKeys(v.prepared.structure);

export const SEARCH_SYSTEM: readonly string[] = ["mailstore/search-index#findUnindexedTenants"];

export const searchAttacks: Readonly<Record<string, Attack>> = {
  "mailstore/placement-search#searchPlacements": nothing(async (tx, v) => {
    const { sure, maybe } = await search.searchPlacements(tx, v.mailboxId, {
      is: "any",
      of: [{ is: "unknown" }, { is: "header", field: "subject", holds: "" }],
    });
    return [...sure, ...maybe];
  }),
  "mailstore/placement-search#searchPlacementsAtOnce": nothing(async (_tx, v, self, db) => {
    const any = { is: "any" as const, of: [{ is: "unknown" as const }, { is: "all" as const, of: [] }] };
    const { sure, maybe } = await search.searchPlacementsAtOnce(db, self.tenantId, v.mailboxId, any);
    return [...sure, ...maybe];
  }),
  "mailstore/search-index#insertFilters": nothing((tx, v) =>
    index.insertFilters(tx, [{ messageId: v.messageId, tenantKeyId: v.blobId, head: null, body: null }]),
  ),
  "mailstore/search-index#insertSearchKeys": nothing((tx, v) =>
    index.insertSearchKeys(tx, [[v.messageId, keys(v)]]),
  ),
  "mailstore/search-index#listEmailFilterSizes": nothing((tx, v) =>
    index.listEmailFilterSizes(tx, v.accountId, [v.emailId]),
  ),
  "mailstore/search-index#listFilterSizes": nothing((_tx, v, self, db) =>
    index.listFilterSizes(db, self.tenantId, v.mailboxId, uids),
  ),
  "mailstore/search-index#probeFilters": nothing((_tx, v, self, db) =>
    index.probeFilters(db, self.tenantId, "body", [{ messageId: v.messageId, bits: [] }]),
  ),
  "mailstore/search-index#listKeyless": nothing((tx, v) => index.listKeyless(tx, v.mailboxId, uids, 9)),
  "mailstore/search-index#listUnindexed": nothing(async (tx, v) => {
    const found = await index.listUnindexed(tx, undefined, 9);
    return found.filter(({ id }) => id === v.messageId);
  }),
  "mailstore/search-index#readSearchProgress": nothing((tx) => index.readSearchProgress(tx)),
  "mailstore/search-index#readUnindexed": nothing((tx, v) => index.readUnindexed(tx, [v.messageId])),
  "mailstore/search-index#writeSearchProgress": nothing((tx, v) =>
    index.writeSearchProgress(tx, v.messageId),
  ),
  "mailstore/sort-placements#listThreadRows": nothing((tx, v) =>
    sorting.listThreadRows(tx, v.mailboxId, uids, 9),
  ),
  "mailstore/sort-placements#readHighestModseq": nothing(async (tx, v) => {
    const modseq = await sorting.readHighestModseq(tx, v.mailboxId, uids);
    return modseq === 0 ? [] : [modseq];
  }),
  "mailstore/sort-placements#sortPlacements": nothing(async (tx, v) => [
    ...(await sorting.sortPlacements(tx, v.mailboxId, uids, [{ key: "subject", isReverse: true }])).uids,
  ]),
};
