import * as outboundForward from "../../src/outbound/forward.store.ts";
import * as alias from "../../src/tenants/alias.store.ts";
import * as catchAll from "../../src/tenants/catch-all.store.ts";
import * as forward from "../../src/tenants/forward.store.ts";
import * as group from "../../src/tenants/group.store.ts";
import { findRoutes } from "../../src/tenants/route.store.ts";
import { findTargets, requireOwnDomain, type Target } from "../../src/tenants/target.store.ts";
import { type Attack, nothing, own, throws } from "./attack.ts";
import type { Inhabitant } from "./isolation-world.ts";

const to = ({ accountId, address }: Inhabitant): Target => ({
  address,
  accountId,
  groupId: null,
  written: null,
});
const newGroup = (address: string) => ({ address, name: "", senders: "anyone" as const, sendAs: false });

/** Groups, aliases, forwards, catch-alls. */
export const routeAttacks: Readonly<Record<string, Attack>> = {
  "outbound/forward#claimForwards": own(
    async (tx, v) => (await outboundForward.claimForwards(tx, v.submissionId, ["account:1"], 1)).size,
  ),
  "outbound/forward#insertForwarded": own((tx, v) =>
    outboundForward.insertForwarded(tx, v.submissionId, [v.accountId]),
  ),
  "outbound/forward#findForwardsAtRisk": nothing((tx, v) =>
    outboundForward.findForwardsAtRisk(tx, v.submissionId, ["out@elsewhere.test"], 1),
  ),
  "outbound/forward#recordForwardResults": nothing((tx, v) => {
    const result = { address: "out@elsewhere.test", isFailure: true, reply: "550 no" };
    return outboundForward.recordForwardResults(tx, v.submissionId, [result], 1);
  }),
  "tenants/route#findRoutes": nothing((_tx, v, self, db) => {
    const asked = { address: v.address, plain: v.address, domain: v.domain };
    return findRoutes(db, self.tenantId, [asked], [v.address]);
  }),
  "tenants/target#findTargets": own(async (tx, v) =>
    (await findTargets(tx, [v.address], "x")).map((one) => one.accountId === null),
  ),
  "tenants/target#requireOwnDomain": throws((tx, v) => requireOwnDomain(tx, v.address, "x")),

  "tenants/alias#deleteAlias": nothing((tx, v) => alias.deleteAlias(tx, v.alias)),
  "tenants/alias#insertAlias": throws((tx, v, self) => alias.insertAlias(tx, `new@${self.domain}`, to(v))),
  "tenants/alias#listAliases": own((tx) => alias.listAliases(tx)),
  "tenants/group#deleteGroup": nothing((tx, v) => group.deleteGroup(tx, v.groupId)),
  "tenants/group#deleteMember": nothing((tx, v) => group.deleteMember(tx, v.groupId, v.address)),
  "tenants/group#insertGroup": throws((tx, v, self) =>
    group.insertGroup(tx, self.groupId, newGroup(`g2@${v.domain}`)),
  ),
  "tenants/group#insertMembers": throws((tx, v, self) => group.insertMembers(tx, v.groupId, [to(self)])),
  "tenants/group#listGroups": nothing((tx, v) => group.listGroups(tx, v.groupId)),
  "tenants/group#listMembers": nothing((tx, v) => group.listMembers(tx, v.groupId)),
  "tenants/group#readGroupId": throws((tx, v) => group.readGroupId(tx, `team@${v.domain}`)),
  "tenants/group#updateGroup": nothing((tx, v) => group.updateGroup(tx, v.groupId, { name: "stolen" })),
  "tenants/forward#deleteForward": nothing((tx, v) => forward.deleteForward(tx, v.accountId)),
  "tenants/forward#listForwards": nothing((tx, v) => forward.listForwards(tx, v.accountId)),
  "tenants/forward#upsertForward": throws((tx, v, self) =>
    forward.upsertForward(tx, self.accountId, [to(v)], { keepCopy: true, setBy: "x" }),
  ),
  "tenants/catch-all#deleteCatchAll": nothing((tx, v) => catchAll.deleteCatchAll(tx, v.domain)),
  "tenants/catch-all#listCatchAlls": own((tx) => catchAll.listCatchAlls(tx)),
  "tenants/catch-all#upsertCatchAll": throws((tx, v, self) =>
    catchAll.upsertCatchAll(tx, v.domain, to(self)),
  ),
};
