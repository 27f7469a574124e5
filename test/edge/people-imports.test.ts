import { afterAll, beforeAll, expect, test } from "vitest";
import { PeopleImport } from "../../src/contract/people-imports.ts";
import { runImports } from "../../src/people/index.ts";
import { addGroup, findRecipients, readAccount, signIn } from "../../src/tenants/index.ts";
import { type Answer, ask, audited, withRole } from "./support/administration.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let owner: Person;
let boss: Person;
let helper: Person;
let local: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  [owner, boss, helper, local] = await Promise.all([
    withRole(edge, domain, "owner"),
    withRole(edge, domain, "admin"),
    withRole(edge, domain, "help_desk"),
    withRole(edge, domain, "domain_admin", ["none.test"]),
  ]);
  const by = { tenantId: owner.principal.tenantId, actor: "operator" };
  await addGroup(edge.runtime.tenancy, by, {
    address: `staff@${domain}`,
    name: "Staff",
    senders: "anyone",
    sendAs: false,
  });
  const other = await edge.tenant();
  stranger = await withRole(edge, other.domain, "owner");
}, 120_000);
afterAll(() => edge[Symbol.asyncDispose]());

async function post(person: Person, csv: string | Uint8Array, query = ""): Promise<Answer> {
  const res = await person.fetch(`/v1/people-imports${query}`, {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: csv,
  });
  return { status: res.status, body: await res.json() };
}

const pathOf = (id: string, more = ""): string => `/v1/people-imports/${id}${more}`;

async function finished(person: Person, id: string): Promise<Answer["body"]> {
  for (;;) {
    const { body } = await ask(person, "GET", pathOf(id));
    if (body.state === "done") return PeopleImport.parse(body);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function result(person: Person, id: string): Promise<string[][]> {
  const res = await person.fetch(pathOf(id, "/result"));
  expect([res.status, res.headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"]);
  const bytes = new Uint8Array(await res.arrayBuffer());
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  const lines = new TextDecoder().decode(bytes).trimEnd().split("\r\n");
  return lines.map((line) => line.split(","));
}

test("a list is previewed, brought in with all that it says, and its result is there once", async () => {
  const csv = [
    "Διεύθυνση;Όνομα;Κωδικός;Χώρος;Ψευδώνυμα;Ομάδες;Ρόλος;Γλώσσα",
    `list1;Άννα Μία;a long password;2 GB;one.more|another;staff;Ελεγκτής;Ελληνικά`,
    `list2@${domain};Βασίλης Δύο;;;;;;`,
    `LIST3@${domain.toUpperCase()};=SUM(1);;;;;διαχειριστής;en`,
  ].join("\r\n");
  const { status, body } = await post(owner, csv);
  expect([status, PeopleImport.parse(body)]).toMatchObject([
    201,
    {
      state: "checked",
      encoding: "utf-8",
      separator: ";",
      columns: ["address", "name", "password", "quota", "aliases", "groups", "role", "locale"],
      total: 3,
      fresh: 3,
      existing: 0,
      faulty: 0,
      errors: [],
      sample: [{ line: 2, address: `list1@${domain}`, name: "Άννα Μία" }, {}, {}],
      done: 0,
    },
  ]);
  expect(JSON.stringify(body)).not.toContain("a long password");
  expect((await ask(owner, "GET", "/v1/people?q=list1")).body.items).toEqual([]);
  expect((await owner.fetch(pathOf(body.id, "/result"))).status).toBe(409);
  expect((await ask(owner, "POST", pathOf(body.id, "/start"))).status).toBe(202);
  expect(await finished(owner, body.id)).toMatchObject({ done: 3, created: 3, failed: 0 });
  const { tenancy, store } = edge.runtime;
  const first = await signIn(tenancy, `another@${domain}`, "a long password", "web");
  const account = await store.db.tenant(first.tenantId, (tx) => readAccount(tx, first.accountId));
  expect(account).toMatchObject({ name: "Άννα Μία", locale: "el", quotaBytes: 2 * 2 ** 30 });
  expect((await ask(owner, "GET", `/v1/people/${first.accountId}`)).body).toMatchObject({
    roles: ["auditor"],
    groups: [`staff@${domain}`],
    aliases: [`another@${domain}`, `one.more@${domain}`],
  });
  const [head, one, two, three] = await result(owner, body.id);
  expect(head?.join()).toBe("line,address,name,result,password,link");
  expect(one).toEqual(["2", `list1@${domain}`, "Άννα Μία", "created", "", ""]);
  expect(two?.slice(0, 4)).toEqual(["3", `list2@${domain}`, "Βασίλης Δύο", "created"]);
  // What a spreadsheet would take for a formula is a text.
  expect(three?.[2]).toBe("'=SUM(1)");
  await signIn(tenancy, `list2@${domain}`, two?.[4] ?? "", "imap");
  expect(await audited(edge, owner, "person.add")).toBe(3);
  expect((await ask(owner, "DELETE", pathOf(body.id, "/result"))).status).toBe(204);
  expect((await owner.fetch(pathOf(body.id, "/result"))).status).toBe(410);
  expect((await ask(owner, "GET", pathOf(body.id))).body.resultUntil).toBeNull();
  expect((await ask(owner, "POST", pathOf(body.id, "/start"))).body.code).toBe("import_closed");
  const listed = await ask(owner, "GET", "/v1/people-imports?limit=1");
  expect(listed.body.items).toMatchObject([{ id: body.id, errors: [], sample: [] }]);
});

test("every error is told by line and column, and nothing is made unless the faulty lines are left out", async () => {
  const csv = [
    "address,name,password,quota,aliases,groups,role,locale",
    `bad..address@${domain},x`,
    `,nobody`,
    `a@elsewhere.test,x`,
    `${boss.address},x`,
    `fine@${domain},Fine`,
    `twice@${domain},x`,
    `TWICE@${domain},x`,
    `b@${domain},x,short`,
    `c@${domain},x,,much`,
    `d@${domain},x,,,${boss.address}`,
    `e@${domain},x,,,,nogroup`,
    `f@${domain},x,,,,,king`,
    `g@${domain},x,,,,,,klingon`,
    `h@${domain},x,,,,,,,more`,
    `i@${domain},x,,,,,admin`,
    `j@${domain},${"n".repeat(201)}`,
  ].join("\n");
  const { body } = await post(boss, csv);
  const errors = PeopleImport.parse(body).errors.map((one) => [
    one.line,
    one.column,
    one.code,
    one.otherLine,
  ]);
  expect(errors).toEqual([
    [2, "address", "malformed", null],
    [3, "address", "missing", null],
    [4, "address", "domain_unknown", null],
    [5, "address", "address_exists", null],
    [8, "address", "twice", 7],
    [9, "password", "too_short", null],
    [10, "quota", "quota_unreadable", null],
    [11, "aliases", "address_exists", null],
    [12, "groups", "group_unknown", null],
    [13, "role", "role_unknown", null],
    [14, "locale", "locale_unknown", null],
    [15, null, "too_many_columns", null],
    // Only owners make administrators.
    [16, "role", "role_forbidden", null],
    [17, "name", "too_long", null],
  ]);
  expect(body).toMatchObject({ total: 16, fresh: 2, faulty: 14, errorCount: 14 });
  expect((await ask(boss, "POST", pathOf(body.id, "/start"), {})).body.code).toBe("import_faulty");
  expect((await ask(boss, "POST", pathOf(body.id, "/start"), { leaveOutFaulty: true })).status).toBe(202);
  expect(await finished(boss, body.id)).toMatchObject({ done: 2, created: 2 });
  const found = await findRecipients(edge.runtime.tenancy, [`fine@${domain}`, `b@${domain}`]);
  expect([...found.values()].map((one) => one.kind)).toEqual(["local", "unknown_user"]);
});

test("people who are there are skipped or brought up to date, never with another password", async () => {
  const there = await edge.person(domain, { name: "Old Name" });
  const csv = `address,name,password,groups\n${there.address},New Name,another password,staff\nnewcomer@${domain},New,,\n`;
  const skipped = await post(boss, csv, "?onExisting=skip");
  expect(skipped.body).toMatchObject({ fresh: 1, existing: 1, faulty: 0 });
  await ask(boss, "POST", pathOf(skipped.body.id, "/start"));
  expect(await finished(boss, skipped.body.id)).toMatchObject({ created: 1, skipped: 1 });
  const updated = await post(boss, csv, "?onExisting=update");
  await ask(boss, "POST", pathOf(updated.body.id, "/start"));
  expect(await finished(boss, updated.body.id)).toMatchObject({ updated: 2, created: 0 });
  expect((await ask(boss, "GET", `/v1/people/${there.principal.accountId}`)).body).toMatchObject({
    name: "New Name",
    groups: [`staff@${domain}`],
  });
  await expect(signIn(edge.runtime.tenancy, there.address, "another password", "web")).rejects.toMatchObject({
    code: "credentials_wrong",
  });
});

test("people without a password get a link each, and what was taken after the preview is told", async () => {
  const { body } = await post(boss, `address\nlinked@${domain}\nmeanwhile@${domain}\n`, "?access=invite");
  await edge.person(domain, { local: "meanwhile" });
  await ask(boss, "POST", pathOf(body.id, "/start"));
  expect(await finished(boss, body.id)).toMatchObject({ created: 1, failed: 1 });
  const [, first, second] = await result(boss, body.id);
  expect(second?.[3]).toBe("failed: address_exists");
  const token = /\/invitation\/([a-z2-7]{66})$/.exec(first?.[5] ?? "")?.[1] ?? "";
  expect(await (await edge.fetch(`/invitations/${token}`)).json()).toMatchObject({
    address: `linked@${domain}`,
  });
  expect((await ask(boss, "GET", `/v1/people?state=invited&q=linked`)).body.items).toHaveLength(1);
});

test("what is not fetched in a day is deleted, and what nobody works on goes on", async () => {
  const { store, tenancy } = edge.runtime;
  const { tenantId } = boss.principal;
  const waiting = await post(boss, `address\nold1@${domain}\n`);
  const left = await post(boss, `address\nleft1@${domain}\n`);
  await store.db.tenant(tenantId, async (tx) => {
    await tx`update people_imports set created_at = now() - interval '25 hours' where id = ${waiting.body.id}`;
    // A process died right after the start.
    await tx`update people_imports set state = 'running', started_at = now(), leased_until = now() - interval '1 second'
      where id = ${left.body.id}`;
  });
  const queue = { wake: () => undefined, onWake: () => () => undefined };
  const outbound = { store, tenancy, queue, hostname: "mail.test" };
  await runImports(outbound, new AbortController().signal);
  expect((await ask(boss, "GET", pathOf(left.body.id))).body).toMatchObject({ state: "done", created: 1 });
  expect((await ask(boss, "GET", pathOf(waiting.body.id))).body.state).toBe("expired");
  expect((await ask(boss, "POST", pathOf(waiting.body.id, "/start"))).status).toBe(409);
  const rows = await store.db.tenant(
    tenantId,
    (tx) => tx`select 1 from people_imports where id = ${waiting.body.id} and rows_sealed is not null`,
  );
  expect(rows).toHaveLength(0);
});

test("what is no list is refused, and so is who may not", async () => {
  for (const [csv, code] of [
    ["", "empty"],
    ["name\nx\n", "no_address_column"],
    ['address\n"x', "malformed"],
  ] as const)
    expect((await post(boss, csv)).body).toMatchObject({ status: 400, errors: [{ field: "file", code }] });
  expect((await post(boss, "address\nx\n", "?onExisting=delete")).body.errors[0].field).toBe("onExisting");
  expect((await post(helper, "address\nx\n")).status).toBe(403);
  expect((await ask(helper, "GET", "/v1/people-imports")).status).toBe(403);
  const { body } = await post(boss, `address\nz@${domain}\n`);
  // A domain admin brings in people of their domains, and sees lists of those alone.
  const theirs = await post(local, `address\nz@${domain}\n`);
  expect(theirs.body.errors).toMatchObject([{ code: "domain_unknown" }]);
  for (const person of [stranger, local])
    for (const [method, path] of [
      ["GET", ""],
      ["POST", "/start"],
      ["GET", "/result"],
      ["DELETE", "/result"],
      ["DELETE", ""],
    ] as const)
      expect((await ask(person, method, pathOf(body.id, path))).body.code).toBe("import_unknown");
  expect((await ask(stranger, "GET", "/v1/people-imports")).body.items).toEqual([]);
  expect((await ask(boss, "GET", pathOf("nonsense"))).status).toBe(404);
  expect((await ask(boss, "DELETE", pathOf(body.id))).status).toBe(204);
  expect((await ask(boss, "GET", pathOf(body.id))).status).toBe(404);
});
