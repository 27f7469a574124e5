import postgres from "postgres";
import { expect, test, vi } from "vitest";
import { queryEmails } from "../../src/mailstore/index.ts";
import { startImapRelay } from "../support/imap-relay.ts";
import { testPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const COUNT = 20_000;
const PAGE = 50;

test("a page of a mailbox by date reads that page, also where PostgreSQL has never analyzed the table", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  const { address, tenantId, accountId } = await p.person("one@a.test");
  {
    await using relay = await startImapRelay(p);
    const client = await relay.login(address);
    await client.ok("APPEND INBOX ", Buffer.from("Subject: x\r\n\r\nx\r\n"));
    client.close();
  }
  const owner = postgres(p.database.ownerUrl, { max: 1, onnotice: () => undefined });
  await owner`alter table placements set (autovacuum_enabled = off)`;
  const [first] = await owner`
    insert into placements (tenant_id, account_id, mailbox_id, uid, email_id, message_id, thread_id, flags, size, received_at,
      modseq, created_modseq, email_modseq)
    select p.tenant_id, p.account_id, p.mailbox_id, u, uuidv7(), p.message_id, uuidv7(), 1, p.size,
      now() + u * interval '1 second', 2, 2, 2
    from placements p, generate_series(2, ${COUNT}::int) u returning mailbox_id`;
  await owner.end();
  const filter = { inMailbox: first?.["mailbox_id"] };
  for (const collapseThreads of [false, true]) {
    const startedAt = performance.now();
    const page = await p.db.tenant(tenantId, (tx) =>
      queryEmails(tx, accountId, { filter, sort: [], collapseThreads, position: 0, limit: PAGE }),
    );
    expect(page).toHaveLength(PAGE);
    // Each message looked for among all others took most of a minute.
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  }
});
