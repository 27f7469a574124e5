import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let alice: Person;
beforeAll(async () => {
  edge = await startEdge();
  alice = await edge.person((await edge.tenant()).domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

/** What is to be taught, by subject. */
async function said(): Promise<string[]> {
  const rows = await edge.runtime.store.db.tenant(
    alice.principal.tenantId,
    (tx) => tx<{ line: string }[]>`
      select m.subject || ' ' || q.kind as line from learn_queue q
      join messages m on m.tenant_id = q.tenant_id and m.blob_id = q.blob_id
      where q.tenant_id = ${tx.tenantId} order by 1`,
  );
  return rows.map((row) => row.line);
}
const mail = (subject: string): string => `From: a@b.test\nSubject: ${subject}\n\n${crypto.randomUUID()}\n`;

test("JMAP's changes of mailboxes and keywords say what is spam, and an import with $junk too", async () => {
  const [inbox, junk, trash] = [
    await alice.mailbox("inbox"),
    await alice.mailbox("junk"),
    await alice.mailbox("trash"),
  ];
  const ids: string[] = [];
  for (const subject of ["one", "two", "three"]) ids.push(await alice.deliver(mail(subject)));
  const [one = "", two = "", three = ""] = ids;
  const filtered = await alice.deliver(mail("filtered"), { role: "junk" });
  const update = (changes: Record<string, unknown>): Promise<unknown> =>
    alice.call("Email/set", { update: changes });
  await update({ [filtered]: { mailboxIds: { [trash]: true } } });
  expect(await said()).toEqual([]);
  await update({
    [one]: { mailboxIds: { [junk]: true } },
    [two]: { [`mailboxIds/${junk}`]: true },
    [three]: { "keywords/$junk": true },
  });
  expect(await said()).toEqual(["one spam", "three spam", "two spam"]);
  await update({
    [one]: { mailboxIds: { [inbox]: true } },
    [two]: { [`mailboxIds/${junk}`]: null },
    [three]: { keywords: { $notjunk: true } },
  });
  expect(await said()).toEqual(["one ham", "three ham", "two ham"]);

  const blobId = await alice.upload(mail("imported").replaceAll("\n", "\r\n"), "message/rfc822");
  const { created } = await alice.call("Email/import", {
    emails: { k: { blobId, mailboxIds: { [inbox]: true }, keywords: { $junk: true } } },
  });
  expect(created["k"]["id"]).toBeTruthy();
  expect(await said()).toEqual(["imported spam", "one ham", "three ham", "two ham"]);
});
