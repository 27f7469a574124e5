import * as forward from "../../src/outbound/forward.store.ts";
import { findRoutes } from "../../src/tenants/route.store.ts";
import { type Attack, nothing, own } from "./attack.ts";

/** Groups, aliases, forwards, catch-alls. */
export const routeAttacks: Readonly<Record<string, Attack>> = {
  "outbound/forward#claimForwards": own(
    async (tx, v) => (await forward.claimForwards(tx, v.submissionId, ["account:1"], 1)).size,
  ),
  "outbound/forward#insertForwarded": own((tx, v) =>
    forward.insertForwarded(tx, v.submissionId, [v.accountId]),
  ),
  "outbound/forward#recordForwardResults": nothing((tx, v) => {
    const result = { address: v.address, isFailure: true, reply: "550 no" };
    return forward.recordForwardResults(tx, v.submissionId, [result], 1);
  }),
  "tenants/route#findRoutes": nothing((_tx, v, self, db) => {
    const asked = { address: v.address, plain: v.address, domain: v.domain };
    return findRoutes(db, self.tenantId, [asked], [v.address]);
  }),
};
