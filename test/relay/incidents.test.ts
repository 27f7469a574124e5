import { afterAll, beforeAll, expect, test } from "vitest";
import type { TenantId } from "../../src/kernel/id.ts";
import { openIncident, tellIncidents, upsertNoticeSettings } from "../../src/notices/index.ts";
import { NotifyingQueueSignal, type Outbound } from "../../src/outbound/index.ts";
import { changeRole } from "../../src/tenants/index.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";

let platform: TestPlatform;
let outbound: Outbound;
let one: TenantId;
let other: TenantId;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
beforeAll(async () => {
  platform = await testPlatform();
  const { store, tenancy, db } = platform;
  outbound = { store, tenancy, queue: new NotifyingQueueSignal(db, log), hostname: "mail.hosted.test" };
  [one, other] = [await platform.tenant("one", "one.test"), await platform.tenant("two", "two.test")];
  for (const address of ["boss@one.test", "boss@two.test"]) {
    await platform.person(address);
    await changeRole(tenancy, address, "owner", "grant");
  }
});
afterAll(() => platform[Symbol.asyncDispose]());

const count = async (tenantId: TenantId): Promise<{ alerts: number; mails: number }> =>
  platform.db.tenant(tenantId, async (tx) => {
    const [row] = await tx<{ alerts: number; mails: number }[]>`
      select (select count(*)::int from alerts where tenant_id = ${tx.tenantId} and kind = 'incident') as alerts,
        (select count(*)::int from placements where tenant_id = ${tx.tenantId}) as mails`;
    return row ?? { alerts: -1, mails: -1 };
  });

test("all agencies are told once of what the operator says, by e-mail where it is wanted, also after a crash", async () => {
  await platform.db.tenant(other, (tx) =>
    upsertNoticeSettings(tx, { alertMails: true, incidentMails: false }),
  );
  const at = Date.now();
  const title = { en: "Work on the network", el: "Εργασίες στο δίκτυο" };
  await openIncident(
    platform.tenancy,
    { kind: "maintenance", parts: ["receiving"], title, state: "planned", startsAt: at + 1e7, endsAt: null },
    { text: { en: "Mail may come later." }, at },
  );
  // A process that ends before it can note that all have heard: the whole round is made again.
  const cut = new AbortController();
  const cutOff: Outbound = {
    ...outbound,
    store: {
      ...outbound.store,
      clock: () => {
        cut.abort();
        return at;
      },
    },
  };
  await tellIncidents(cutOff, cut.signal);
  expect((await count(one)).alerts + (await count(other)).alerts).toBe(1);
  for (let round = 0; round < 2; round++) await tellIncidents(outbound, new AbortController().signal);
  expect(await count(one)).toEqual({ alerts: 1, mails: 1 });
  expect(await count(other)).toEqual({ alerts: 1, mails: 0 });
});
