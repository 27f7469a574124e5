import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AuditPage, AuditRow } from "../../src/contract/audit.ts";
import { parseCsv } from "../../src/protocol/csv/parse-csv.ts";
import { insertAudit } from "../../src/tenants/index.ts";
import { grantRole, type Role } from "../../src/tenants/role.store.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let boss: Person;
let auditor: Person;
let helper: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  [boss, auditor, helper] = [
    await withRole(domain, "admin"),
    await withRole(domain, "auditor"),
    await withRole(domain, "help_desk"),
  ];
  stranger = await withRole((await edge.tenant()).domain, "owner");
});
afterAll(() => edge[Symbol.asyncDispose]());

async function withRole(of: string, role: Role): Promise<Person> {
  const person = await edge.person(of);
  const { tenantId, accountId } = person.principal;
  await edge.runtime.store.db.tenant(tenantId, (tx) => grantRole(tx, accountId, role, { by: "operator" }));
  return person;
}

const write = (actor: string, action: string, subject: string, detail = {}): Promise<void> =>
  edge.runtime.store.db.tenant(boss.principal.tenantId, (tx) =>
    insertAudit(tx, { actor, action, subject, detail }),
  );

async function page(query: string, by: Person = auditor): Promise<AuditPage> {
  const res = await by.fetch(`/v1/audit?${query}`);
  expect(res.status).toBe(200);
  return AuditPage.parse(await res.json());
}

describe("the audit log", () => {
  test("tells who has done what, the newest first, page after page", async () => {
    const actor = `pager@${domain}`;
    for (let i = 0; i < 5; i++) await write(actor, "thing.add", `n${i}`, { i });
    const of = `actor=${encodeURIComponent(actor)}`;
    const whole = await page(of);
    expect(whole.items.map((one) => one.subject)).toEqual(["n4", "n3", "n2", "n1", "n0"]);
    expect(whole.items[0]).toMatchObject({ actor, action: "thing.add", detail: { i: 4 } });
    expect(Math.abs(Date.parse(whole.items[0]?.at ?? "") - Date.now())).toBeLessThan(60_000);
    const first = await page(`${of}&limit=2`);
    await write(actor, "thing.add", "later");
    const second = await page(`${of}&limit=2&cursor=${first.nextCursor}`);
    const third = await page(`${of}&limit=2&cursor=${second.nextCursor}`);
    expect([...first.items, ...second.items, ...third.items]).toEqual(whole.items);
    expect(third.nextCursor).toBeNull();
  });

  test("is narrowed down by actor, action, subject and time", async () => {
    const actor = `filter@${domain}`;
    await write(actor, "group.add", "g");
    await write(actor, "group.member.add", "g");
    await write(actor, "groups.merge", "h");
    const before = new Date(Date.now() + 1).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await write(actor, "alias.add", "g");
    const of = async (query: string): Promise<string[]> =>
      (await page(`actor=${encodeURIComponent(actor)}&${query}`)).items.map((one) => one.action);
    expect(await of("action=group")).toEqual(["group.member.add", "group.add"]);
    expect(await of("action=group.add")).toEqual(["group.add"]);
    expect(await of("action=gro")).toEqual([]);
    expect(await of("subject=g")).toEqual(["alias.add", "group.member.add", "group.add"]);
    expect(await of(`from=${before}`)).toEqual(["alias.add"]);
    expect(await of(`to=${before}`)).toEqual(["groups.merge", "group.member.add", "group.add"]);
    expect(await of(`from=${before}&to=${before}`)).toEqual([]);
  });

  test("is taken out whole, as CSV and as lines of JSON", async () => {
    const actor = `export@${domain}`;
    // More than are read at once, and text that a spreadsheet would run.
    await edge.runtime.store.db.tenant(
      boss.principal.tenantId,
      (tx) => tx`
        insert into audit_log (tenant_id, actor, action, subject)
        select ${tx.tenantId}, ${actor}, 'thing.add', g.n::text from generate_series(1, 2400) g (n) order by g.n`,
    );
    await write(actor, "thing.add", '=HYPERLINK("x"), "y"');
    const get = (format: string): Promise<Response> =>
      auditor.fetch(`/v1/audit/export?format=${format}&actor=${encodeURIComponent(actor)}`);
    const lines = await get("jsonl");
    expect(lines.headers.get("content-type")).toBe("application/jsonl");
    const rows = (await lines.text())
      .trimEnd()
      .split("\n")
      .map((line) => AuditRow.parse(JSON.parse(line)));
    const subjects = Array.from({ length: 2400 }, (_, i) => String(2400 - i));
    expect(rows.map((one) => one.subject)).toEqual(['=HYPERLINK("x"), "y"', ...subjects]);
    const table = await get("csv");
    expect(table.headers.get("content-disposition")).toMatch(/^attachment; filename="audit-[\d-]{10}\.csv"$/);
    const parsed = parseCsv(await table.text());
    const [head, first, ...rest] = parsed.ok ? parsed.value.map((one) => one.fields) : [];
    expect(head).toEqual(["id", "at", "actor", "action", "subject", "detail"]);
    expect(first?.[4]).toBe(`'=HYPERLINK("x"), "y"`);
    expect(rest.map((one) => one[4])).toEqual(subjects);
  });

  test("an export of nothing is a head alone", async () => {
    const res = await auditor.fetch("/v1/audit/export?actor=nobody");
    expect(await res.text()).toBe("id,at,actor,action,subject,detail\r\n");
  });

  test("nonsense is refused, with the field", async () => {
    for (const [field, value] of [
      ["limit", "0"],
      ["limit", "x"],
      ["cursor", "nonsense"],
      ["from", "yesterday"],
      ["action", "%"],
      ["format", "xls"],
    ] as const) {
      const path = field === "format" ? "/v1/audit/export" : "/v1/audit";
      const res = await auditor.fetch(`${path}?${field}=${encodeURIComponent(value)}`);
      expect([field, res.status, await res.json()]).toMatchObject([field, 400, { errors: [{ field }] }]);
    }
  });

  test("another agency sees nothing of it, and who may not look gets nothing", async () => {
    await write(`secret@${domain}`, "thing.add", "x");
    expect(JSON.stringify(await page("", stranger))).not.toContain(domain);
    const theirs = await stranger.fetch(`/v1/audit/export?actor=secret@${domain}`);
    expect(await theirs.text()).not.toContain("secret");
    const { items } = await page("limit=1");
    const cursor = (await page("limit=1")).nextCursor;
    expect((await page(`cursor=${cursor}`, stranger)).items.map((one) => one.id)).not.toContain(items[0]?.id);
    expect((await helper.fetch("/v1/audit")).status).toBe(403);
    expect((await helper.fetch("/v1/audit/export")).status).toBe(403);
    expect((await edge.fetch("/v1/audit")).status).toBe(401);
  });
});
