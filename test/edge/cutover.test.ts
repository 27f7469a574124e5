import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cutover, CutoverBack } from "../../src/contract/cutover.ts";
import { findRecipients } from "../../src/tenants/index.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import { ask as call } from "./support/administration.ts";
import { type Person, startEdge, type TestEdge, unique } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let boss: Person;
let helper: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  boss = await withRole(domain, "owner");
  helper = await edge.person(domain);
  stranger = await withRole((await edge.tenant()).domain, "owner");
});
afterAll(() => edge[Symbol.asyncDispose]());

async function withRole(of: string, role: "owner" | "admin"): Promise<Person> {
  const person = await edge.person(of);
  const { tenantId, accountId } = person.principal;
  await edge.runtime.store.db.tenant(tenantId, (tx) => insertRole(tx, accountId, role));
  return person;
}

const pathOf = (of: string, verb = ""): string => `/v1/domains/${of}/cutover${verb}`;
const status = async (...args: Parameters<typeof call>): Promise<number> => (await call(...args)).status;
const put = (of: string, value: unknown, person = boss) => call(person, "PUT", pathOf(of), value);
const audited = (action: string, subject: string): Promise<number> =>
  edge.runtime.store.db.tenant(boss.principal.tenantId, async (tx) => {
    const rows =
      await tx`select 1 from audit_log where tenant_id = ${tx.tenantId} and action = ${action} and subject = ${subject}`;
    return rows.length;
  });
/** As the relay sees it, which is another process. */
async function routeOf(address: string) {
  const { tenancy } = edge.runtime;
  tenancy.recipients.clear();
  tenancy.domains.forget(address.slice(address.indexOf("@") + 1));
  return (await findRecipients(tenancy, [address])).get(address);
}
/** One more domain of the agency. */
async function ownDomain(proven = true): Promise<string> {
  const name = `${unique()}.test`;
  await edge.runtime.store.db.tenant(
    boss.principal.tenantId,
    async (tx) =>
      tx`insert into domains (tenant_id, name, proven_at) values (${tx.tenantId}, ${name}, case when ${proven}::boolean then now() end)`,
  );
  return name;
}
/** What the look of the job finds when the MX leads here. */
const seeSwitch = (of: string): Promise<unknown> =>
  edge.runtime.store.db.tenant(
    boss.principal.tenantId,
    async (tx) =>
      tx`update domain_cutovers set state = 'switched', switched_at = now(), rollback_until = now() + interval '14 days',
      before_records = '[{"name":"x","type":"MX","value":"10 mail.old.example"}]', looked_at = now()
      where tenant_id = ${tx.tenantId} and domain = ${of}`,
  );

describe("the move of a domain", () => {
  test("is planned, splits mail, and is taken back with the records of before", async () => {
    const name = await ownDomain();
    const before = Cutover.parse((await call(boss, "GET", pathOf(name))).body);
    expect(before).toMatchObject({ state: "planned", plannedAt: null, mode: "off", report: null });
    const planned = await put(name, { mode: "off", oldServer: "mail.old.example" });
    expect(planned).toMatchObject({
      status: 200,
      body: { state: "planned", oldServer: "mail.old.example:25" },
    });
    expect(await routeOf(`nobody@${name}`)).toEqual({ kind: "unknown_user" });
    const shadow = Cutover.parse((await put(name, { mode: "unknown_only" })).body);
    expect(shadow).toMatchObject({ state: "shadow", mode: "unknown_only" });
    expect(shadow.records.after).toEqual([
      { name, type: "MX", value: expect.stringMatching(/^10 /) },
      { name, type: "TXT", value: expect.stringMatching(/^v=spf1 include:_spf\..* ~all$/) },
    ]);
    expect(await routeOf(`nobody@${name}`)).toMatchObject({
      kind: "routed",
      mailboxes: [],
      onward: [{ targets: [`nobody@${name}`], relay: { server: "mail.old.example:25", isCopy: false } }],
    });
    await seeSwitch(name);
    const back = CutoverBack.parse((await call(boss, "POST", pathOf(name, "/back"))).body);
    expect(back.enter).toEqual([{ name: "x", type: "MX", value: "10 mail.old.example" }]);
    // Until the world has seen the old MX again, both sides get what still comes here.
    expect(back.cutover).toMatchObject({ state: "back", mode: "both", rollbackUntil: null });
    expect(await status(boss, "POST", pathOf(name, "/back"))).toBe(422);
    expect([await audited("domain.cutover", name), await audited("domain.cutover_back", name)]).toEqual([
      2, 1,
    ]);
    // It can be planned anew.
    expect((await put(name, { mode: "off" })).body).toMatchObject({
      state: "planned",
      backAt: null,
      oldServer: null,
    });
  });

  test("both: a mailbox here keeps its mail, and a copy goes to the old server", async () => {
    const name = await ownDomain();
    const address = `anna@${name}`;
    await edge.runtime.store.db.tenant(
      boss.principal.tenantId,
      async (tx) =>
        tx`insert into addresses (tenant_id, address, account_id) values (${tx.tenantId}, ${address}, ${boss.principal.accountId})`,
    );
    await put(name, { mode: "both", oldServer: "192.0.2.25:587" });
    expect(await routeOf(address)).toMatchObject({
      kind: "routed",
      mailboxes: [{ accountId: boss.principal.accountId }],
      onward: [{ relay: { server: "192.0.2.25:587", isCopy: true } }],
    });
    await seeSwitch(name);
    expect(await status(boss, "POST", pathOf(name, "/done"))).toBe(200);
    expect(await routeOf(address)).toMatchObject({ kind: "local" });
    expect((await call(boss, "GET", pathOf(name))).body).toMatchObject({ state: "done", mode: "off" });
    expect(await status(boss, "POST", pathOf(name, "/check"))).toBe(422);
  });

  test("what is wrong is refused", async () => {
    const name = await ownDomain();
    expect((await put(name, { mode: "some", oldServer: 1 })).body).toMatchObject({
      errors: [{ field: "oldServer" }, { field: "mode" }],
    });
    expect((await put(name, { mode: "both" })).body).toMatchObject({
      code: "invalid_input",
      errors: [{ field: "oldServer", code: "required" }],
    });
    expect((await put(name, { mode: "off", plannedSpf: "v=spf2" })).status).toBe(400);
    for (const oldServer of [
      "127.0.0.1",
      "10.1.2.3:25",
      "[::1]:25",
      "mail.old.example:22",
      "no host",
      "localhost",
      "hosted.test",
    ])
      expect((await put(name, { mode: "both", oldServer })).body).toMatchObject({ code: "cutover_server" });
    const unproven = await ownDomain(false);
    expect((await put(unproven, { mode: "off" })).body).toMatchObject({ code: "domain_unproven" });
    expect(await status(boss, "POST", pathOf(name, "/back"))).toBe(422);
    expect(await status(boss, "POST", pathOf(name, "/done"))).toBe(422);
    expect(await status(boss, "POST", pathOf(name, "/samples"), { messages: ["x"] })).toBe(422);
    expect(await status(boss, "GET", pathOf(name, "/senders?cursor=x"))).toBe(400);
  });

  test("of another agency is neither seen nor changed", async () => {
    const name = await ownDomain();
    await put(name, { mode: "off", oldServer: "mail.old.example" });
    for (const [method, verb, value] of [
      ["GET", ""],
      ["PUT", "", { mode: "off" }],
      ["POST", "/check"],
      ["POST", "/done"],
      ["POST", "/back"],
      ["GET", "/senders"],
      ["POST", "/samples", { messages: ["From: <a@b.test>\n\n"] }],
    ] as const)
      expect(await status(stranger, method, pathOf(name, verb), value)).toBe(404);
    expect(await status(boss, "GET", pathOf("not..a..domain"))).toBe(404);
    expect((await call(boss, "GET", pathOf(name))).body).toMatchObject({ state: "planned" });
  });

  test("is not for everybody", async () => {
    for (const [method, verb, value] of [
      ["GET", ""],
      ["PUT", "", { mode: "off" }],
      ["POST", "/check"],
      ["POST", "/done"],
      ["POST", "/back"],
      ["GET", "/senders"],
      ["POST", "/samples", { messages: ["x"] }],
    ] as const)
      expect(await status(helper, method, pathOf(domain, verb), value)).toBe(403);
  });
});

const sample = (from: string, received: string, more = ""): string =>
  `Return-Path: <bounce@${from.slice(from.indexOf("@") + 1)}>\nReceived: from inside (inside [10.0.0.5]) by mail.old.example; Sun, 22 Nov 2026 10:00:01 +0000\n${received}${more}From: Somebody <${from}>\nSubject: Hello\n\nHello.\n`;

describe("samples and senders", () => {
  const FROM_LIST =
    "Received: from o1.list.example (o1.list.example [198.51.100.7])\n\tby mx.old.example with ESMTPS; Sun, 22 Nov 2026 10:00:00 +0000\n";

  test("are taken without what is in them, and listed page by page", async () => {
    const name = await ownDomain();
    await put(name, { mode: "off" });
    const messages = [
      sample(`news@${name}`, FROM_LIST),
      sample(`news@${name}`, FROM_LIST, "Authentication-Results: mx; dkim=pass header.d=list.example\n"),
      sample("other@elsewhere.test", FROM_LIST),
      sample(`x@${name}`, ""),
      "no message",
    ];
    const { status: code, body } = await call(boss, "POST", pathOf(name, "/samples"), { messages });
    expect({ code, body }).toEqual({
      code: 200,
      body: {
        taken: 2,
        refused: [
          { n: 2, why: "not_from_domain" },
          { n: 3, why: "no_source" },
          { n: 4, why: "malformed" },
        ],
      },
    });
    await edge.runtime.store.db.tenant(boss.principal.tenantId, async (tx) => {
      const rows = await tx<{ ip: string; signed: string[] }[]>`
        select ip, signed_by as signed from cutover_samples where tenant_id = ${tx.tenantId} and domain = ${name} order by signed_by`;
      expect([...rows]).toEqual([
        { ip: "198.51.100.7", signed: [] },
        { ip: "198.51.100.7", signed: ["list.example"] },
      ]);
      await tx`insert into cutover_senders (tenant_id, domain, n, sender) select ${tx.tenantId}, ${name}, n, jsonb_build_object(
        'name', 's' || n, 'after', case when n = 1 then 'fail' else 'spf' end, 'advice', 'sign') from generate_series(1, 3) n`;
    });
    const page = await call(boss, "GET", pathOf(name, "/senders?limit=2"));
    expect(page.body).toMatchObject({ items: [{ name: "s1" }, { name: "s2" }], nextCursor: "2" });
    const rest = await call(boss, "GET", pathOf(name, "/senders?limit=2&cursor=2"));
    expect(rest.body).toMatchObject({ items: [{ name: "s3" }], nextCursor: null });
    const failing = await call(boss, "GET", pathOf(name, "/senders?only=failing"));
    expect(failing.body).toMatchObject({ items: [{ name: "s1" }], nextCursor: null });
  });
});
