import { expect, test } from "vitest";
import { forgetFailuresJob } from "../../smtp-relay/jobs/forget-failures.ts";
import { newUuid } from "../../src/kernel/uuid.ts";
import { claimSpooled } from "../../src/mailstore/index.ts";
import { countRecipientFailures } from "../../src/outbound/suppression.store.ts";
import { testPlatform } from "../support/platform.ts";

const DAY_MS = 86_400_000;

test("what is too long ago to count is forgotten, the rest stays", async () => {
  await using platform = await testPlatform();
  const { db, store } = platform;
  const now = Date.now();
  const tenants = [await platform.tenant("acme", "acme.test"), await platform.tenant("other", "other.test")];
  for (const tenantId of tenants)
    await db.tenant(tenantId, async (tx) => {
      for (const [address, days] of [
        ["old@x.test", 31],
        ["new@x.test", 29],
      ] as const)
        await countRecipientFailures(tx, [{ address, reply: "550 5.1.1 no" }], now - days * DAY_MS);
      for (const days of [181, 179])
        await claimSpooled(tx, newUuid(store.clock, store.random), now - days * DAY_MS);
    });
  await forgetFailuresJob({ db, clock: () => now }).run(new AbortController().signal);
  for (const tenantId of tenants)
    expect(
      await db.tenant(
        tenantId,
        (tx) => tx`select (select string_agg(address, ' ') from recipient_failures) as failures,
          (select count(*)::int from spooled_messages) as spooled`,
      ),
    ).toEqual([{ failures: "new@x.test", spooled: 1 }]);
});
