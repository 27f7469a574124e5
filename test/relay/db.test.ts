import { setTimeout as sleep } from "node:timers/promises";
import { once } from "node:events";
import { createServer } from "node:net";
import postgres from "postgres";
import { expect, test } from "vitest";
import { openDb } from "../../src/db/index.ts";
import { TenantId } from "../../src/kernel/id.ts";
import { freshDatabase } from "../support/fresh-database.ts";

const NOBODY = TenantId.parse("00000000-0000-7000-8000-000000000000");
const unavailable = expect.objectContaining({ code: "unavailable" });

test("something that takes connections and drops them is an answer, not a wait for ever", async () => {
  const proxy = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const db = openDb({ url: `postgres://angelia_app:x@127.0.0.1:${port}/angelia`, max: 1, waitMs: 300 });
  await expect(db.tenant(NOBODY, (tx) => tx`select 1`)).rejects.toEqual(unavailable);
  await expect(db.tenantStatement(NOBODY, (sql, scope) => sql`select * from ${scope} s`)).rejects.toEqual(
    unavailable,
  );
  proxy.close();
  await db.close();
});

test("a pool that is used up is an answer too, and who has gone does no work later", async () => {
  await using database = await freshDatabase();
  const db = openDb({ url: database.appUrl, max: 1, waitMs: 300 });
  const [held, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const busy = db.tenant(NOBODY, async (tx) => {
    await tx`select 1`;
    held.resolve();
    await free.promise;
  });
  await held.promise;
  let worked = false;
  const late = db.tenant(NOBODY, async (tx) => {
    worked = true;
    await tx`select 1`;
  });
  await expect(late).rejects.toEqual(unavailable);
  free.resolve();
  await busy;
  await db.tenant(NOBODY, (tx) => tx`select 1`);
  expect(worked).toBe(false);
  await db.close();
});

test("a transaction that fails takes its writes with it, and tells why", async () => {
  await using database = await freshDatabase();
  const db = openDb({ url: database.appUrl, max: 2 });
  const write = db.tenant(NOBODY, async (tx) => {
    await tx`insert into tenants (id, slug, name) values (${NOBODY}, 'gone', 'Gone')`;
    throw new Error("changed my mind");
  });
  await expect(write).rejects.toThrow("changed my mind");
  expect(await db.system("a test", (tx) => tx`select slug from tenants`)).toEqual([]);
  await db.close();
});

test("PostgreSQL ends connections under running transactions: each is told, and the next one finds a good connection", async () => {
  await using database = await freshDatabase();
  const owner = postgres(database.ownerUrl, { max: 1 });
  const db = openDb({ url: database.appUrl, max: 3 });
  for (let i = 0; i < 30; i++) {
    const cut = db.system("a test", async (tx) => {
      const [own] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
      await owner`select pg_terminate_backend(${own?.pid ?? 0})`;
      // Before the connection is known to be gone, and after.
      if (i % 2 === 1) await sleep(20);
      await tx`select 1`;
    });
    await expect(cut).rejects.toMatchObject({ code: "unavailable" });
    expect(await db.system("a test", (tx) => tx`select ${i}::int as n`)).toEqual([{ n: i }]);
  }
  await db.close();
  await owner.end();
});
