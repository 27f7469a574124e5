import type { Db } from "../../src/db/index.ts";
import type { AccountId, TenantId } from "../../src/kernel/id.ts";
import { insertForwarded } from "../../src/outbound/forward.store.ts";
import type { SubmissionId } from "../../src/outbound/outbound.ts";
import * as alias from "../../src/tenants/alias.store.ts";
import * as catchAll from "../../src/tenants/catch-all.store.ts";
import * as forward from "../../src/tenants/forward.store.ts";
import * as group from "../../src/tenants/group.store.ts";
import type { Target } from "../../src/tenants/target.store.ts";

/** Gives a tenant a group, an alias, a forward and a catch-all. */
export async function settleRoutes(
  db: Db,
  {
    tenantId,
    accountId,
    address,
    submissionId,
  }: {
    readonly tenantId: TenantId;
    readonly accountId: AccountId;
    readonly address: string;
    readonly submissionId: SubmissionId;
  },
): Promise<{ readonly groupId: string; readonly alias: string }> {
  const domain = address.slice(address.lastIndexOf("@") + 1);
  const groupId = crypto.randomUUID();
  const person: Target = { address, accountId, groupId: null, written: null };
  const out = {
    address: "out@elsewhere.test",
    accountId: null,
    groupId: null,
    written: "out@elsewhere.test",
  };
  await db.tenant(tenantId, async (tx) => {
    await group.insertGroup(tx, groupId, {
      address: `team@${domain}`,
      name: "",
      senders: "anyone",
      sendAs: false,
    });
    await group.insertMembers(tx, groupId, [person, out]);
    await alias.insertAlias(tx, `alias@${domain}`, person);
    await forward.upsertForward(tx, accountId, [out], { keepCopy: true, setBy: address });
    await catchAll.upsertCatchAll(tx, domain, person);
    await insertForwarded(tx, submissionId, [accountId]);
  });
  return { groupId, alias: `alias@${domain}` };
}
