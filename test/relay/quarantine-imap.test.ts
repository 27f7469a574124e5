import { expect, test } from "vitest";
import { startImapRelay } from "../support/imap-relay.ts";
import { testPlatform } from "../support/platform.ts";

const MAIL = (n: number): Buffer => Buffer.from(`From: a@b.test\r\nSubject: ${n}\r\n\r\nText ${n}\r\n`);

test("MOVE, COPY, STORE and APPEND say what is spam, each with its own command", async () => {
  await using p = await testPlatform();
  const tenantId = await p.tenant("acme", "acme.test");
  await p.person("ann@acme.test");
  await using relay = await startImapRelay(p);
  const client = await relay.login("ann@acme.test");
  const said = async (): Promise<string[]> => {
    const rows = await p.db.tenant(
      tenantId,
      (tx) => tx<{ line: string }[]>`
        select m.subject || ' ' || q.kind as line from learn_queue q
        join messages m on m.tenant_id = q.tenant_id and m.blob_id = q.blob_id
        where q.tenant_id = ${tx.tenantId} order by 1`,
    );
    return rows.map((row) => row.line);
  };
  const append = (n: number, flags: string, box = "INBOX"): Promise<unknown> =>
    client.ok(`APPEND ${box} ${flags} `, MAIL(n));
  for (const n of [1, 2, 3]) await append(n, "()");
  await append(4, "($Junk)", "Archive");
  await append(5, "($NotJunk \\Seen)", "Archive");
  await append(6, "()", "Junk");
  expect(await said()).toEqual(["4 spam", "5 ham"]);

  await client.ok("SELECT INBOX");
  await client.ok("UID MOVE 1 Junk");
  await client.ok("UID COPY 2 Junk");
  await client.ok("UID STORE 3 +FLAGS (Junk)"); // a program's own keyword says nothing that is agreed upon
  await client.ok("UID COPY 3 Archive");
  expect(await said()).toEqual(["1 spam", "2 spam", "4 spam", "5 ham"]);
  await client.ok("UID STORE 3 +FLAGS.SILENT ($Junk)");
  expect(await said()).toEqual(["1 spam", "2 spam", "3 spam", "4 spam", "5 ham"]);

  await client.ok("SELECT Junk");
  await client.ok("UID MOVE 1 Trash"); // message 6 is thrown away: that says nothing
  await client.ok("UID MOVE 2:3 INBOX"); // messages 1 and 2 go back
  expect(await said()).toEqual(["1 ham", "2 ham", "3 spam", "4 spam", "5 ham"]);
  await client.logout();
});
