import { greylist } from "../../src/outbound/greylist.store.ts";
import { type Attack, own } from "./attack.ts";
import { GREYLISTED_AT, greylistKey } from "./greylist-key.ts";

/** Somebody came to the victim's people a minute ago: for another agency he is as new as ever. */
export const greylistAttacks: Readonly<Record<string, Attack>> = {
  "outbound/greylist#greylist": own(async (_tx, victim, self, db) => {
    const { known, waits } = await greylist(db, self.tenantId, {
      network: "192.0.2.0/24",
      senders: [],
      keys: [greylistKey(victim.tenantId)],
      now: GREYLISTED_AT + 61_000,
    });
    return !known && waits.get(0) === 60 ? "unknown here" : "what the victim knows";
  }),
};
