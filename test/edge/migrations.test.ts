import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Migration,
  MigrationFile,
  MigrationList,
  MigrationMailboxDetail,
  MigrationMailboxList,
} from "../../src/contract/migrations.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import { withRole } from "./support/administration.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let boss: Person;
let alice: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  boss = await administrator(domain);
  alice = await edge.person(domain);
  stranger = await administrator((await edge.tenant()).domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

async function administrator(of: string): Promise<Person> {
  const person = await edge.person(of);
  const { tenantId, accountId } = person.principal;
  await edge.runtime.store.db.tenant(tenantId, (tx) => insertRole(tx, accountId, "admin"));
  return person;
}

async function call(
  person: Person,
  method: string,
  path: string,
  value?: unknown,
): Promise<{
  status: number;
  body: any; // oxlint-disable-line no-explicit-any -- JSON of every shape is looked into
}> {
  const res = await person.fetch(path, {
    method,
    ...(value === undefined
      ? {}
      : { body: JSON.stringify(value), headers: { "content-type": "application/json" } }),
  });
  const text = await res.text();
  return { status: res.status, body: text === "" ? null : JSON.parse(text) };
}

const append = (person: Person, path: string, offset: string | null, octets: string): Promise<Response> =>
  person.fetch(path, {
    method: "PATCH",
    body: new TextEncoder().encode(octets),
    headers: {
      "content-type": "application/octet-stream",
      ...(offset === null ? {} : { "upload-offset": offset }),
    },
  });

const SERVER = { kind: "imap", host: "Old.Example", login: { kind: "password" } };
const SECRET = "a password that nobody else may see";

/** A draft of the agency with one mailbox. */
async function draft(): Promise<Migration> {
  const mailboxes = [{ address: alice.address, user: "alice", password: SECRET }];
  const { status, body } = await call(boss, "POST", "/v1/migrations", {
    name: "Spring",
    source: SERVER,
    mailboxes,
  });
  expect(status).toBe(201);
  return Migration.parse(body);
}

/** Everything that the database has of a tenant's migrations, as text. */
const stored = (person: Person): Promise<string> =>
  edge.runtime.store.db.tenant(person.principal.tenantId, async (tx) => {
    const rows = await Promise.all([
      tx`select to_json(m)::text as row from migrations m`,
      tx`select to_json(m)::text as row from migration_mailboxes m`,
      tx`select to_json(a)::text as row from audit_log a`,
    ]);
    return rows
      .flat()
      .map((one) => String(one["row"]))
      .join("\n");
  });

describe("a migration from an old server", () => {
  test("is made, listed, looked at, started, paused, resumed, cancelled and removed", async () => {
    const made = await draft();
    expect(made).toMatchObject({
      kind: "imap",
      name: "Spring",
      state: "draft",
      host: "old.example",
      security: "tls",
      login: "password",
      createdBy: boss.address,
      pass: 1,
      mailboxes: { total: 1, waiting: 1 },
      counts: { found: 0, copied: 0 },
    });
    const at = `/v1/migrations/${made.id}`;
    expect(Migration.parse((await call(boss, "GET", at)).body)).toEqual(made);
    const other = await draft();
    const first = MigrationList.parse((await call(boss, "GET", "/v1/migrations?limit=1")).body);
    expect(first.items.map((one) => one.id)).toEqual([other.id]);
    const second = await call(boss, "GET", `/v1/migrations?limit=1&cursor=${first.nextCursor}`);
    expect(MigrationList.parse(second.body).items.map((one) => one.id)).toEqual([made.id]);

    const boxes = MigrationMailboxList.parse((await call(boss, "GET", `${at}/mailboxes`)).body);
    expect(boxes.items).toMatchObject([{ address: alice.address, user: "alice", state: "waiting" }]);
    const box = `${at}/mailboxes/${boxes.items[0]?.id}`;
    expect(MigrationMailboxDetail.parse((await call(boss, "GET", box)).body).folders).toEqual([]);
    expect((await call(boss, "GET", `${box}/failures`)).body).toEqual({ items: [], nextCursor: null });

    expect(await call(boss, "POST", `${at}/start`)).toMatchObject({
      status: 200,
      body: { state: "running" },
    });
    expect(await call(boss, "POST", `${at}/start`)).toMatchObject({
      status: 200,
      body: { state: "running" },
    });
    expect((await call(boss, "DELETE", at)).status).toBe(409);
    expect((await call(boss, "POST", `${at}/delta`)).body).toMatchObject({ code: "migration_state_wrong" });
    expect((await call(boss, "POST", `${at}/pause`)).body).toMatchObject({ state: "paused" });
    expect((await call(boss, "POST", `${at}/resume`)).body).toMatchObject({ state: "running" });
    expect((await call(boss, "POST", `${box}/retry`, { password: "new" })).body).toMatchObject({
      state: "waiting",
    });
    expect(await stored(boss)).toMatch(/wrapped_secret":"\\\\x[0-9a-f]{20}/);
    expect((await call(boss, "POST", `${at}/cancel`)).body).toMatchObject({ state: "cancelled" });
    expect((await call(boss, "POST", `${at}/start`)).status).toBe(409);
    expect((await call(boss, "POST", `${at}/mailboxes`, { mailboxes: [] })).status).toBe(409);
    expect((await call(boss, "DELETE", at)).status).toBe(204);
    expect((await call(boss, "GET", at)).status).toBe(404);
  });

  test("no password is told, logged or kept longer than it is needed", async () => {
    const made = await draft();
    const at = `/v1/migrations/${made.id}`;
    const told = [await call(boss, "GET", at), await call(boss, "GET", `${at}/mailboxes`)];
    expect(JSON.stringify(told)).not.toContain(SECRET);
    expect(await stored(boss)).not.toContain(SECRET);
    await call(boss, "POST", `${at}/cancel`);
    const left = await edge.runtime.store.db.tenant(
      boss.principal.tenantId,
      (tx) =>
        tx`select 1 from migration_mailboxes where migration_id = ${made.id} and wrapped_secret is not null`,
    );
    expect(left).toHaveLength(0);
  });

  test("takes a list; what is wrong in it is told by line, and nothing is made", async () => {
    const bob = await edge.person(domain);
    const csv = `address,user,password\n${alice.address},alice,"pass,word"\n${bob.address},bob,secret\n`;
    const made = await call(boss, "POST", "/v1/migrations", { source: SERVER, csv });
    expect(made).toMatchObject({ status: 201, body: { mailboxes: { total: 2 } } });
    const wrong = `${alice.address},alice,x\nnobody@${domain},n,x\n${bob.address},bob,\n${stranger.address},s,x,bad host`;
    const refused = await call(boss, "POST", "/v1/migrations", { source: SERVER, csv: wrong });
    expect(refused.status).toBe(400);
    expect(refused.body.errors).toMatchObject([{ field: "csv.4", code: "malformed" }]);
    const lines = wrong.split("\n").slice(0, 3).join("\n");
    const next = await call(boss, "POST", "/v1/migrations", { source: SERVER, csv: lines });
    expect(next.body.errors).toMatchObject([
      { field: "csv.2", code: "address_unknown" },
      { field: "csv.3.password", code: "required" },
    ]);
    const path = `/v1/migrations/${made.body.id}/mailboxes`;
    expect(await call(boss, "POST", path, { csv: `${alice.address},alice,new` })).toMatchObject({
      status: 201,
      body: { added: 0, changed: 1 },
    });
  });

  test("what is malformed is refused, with the field", async () => {
    const refused = async (value: unknown): Promise<string[]> => {
      const { status, body } = await call(boss, "POST", "/v1/migrations", value);
      expect(status).toBe(400);
      return body.errors.map((one: { field: string }) => one.field);
    };
    expect(await refused({ source: { kind: "carrier pigeon" } })).toEqual(["source.kind"]);
    expect(await refused({ source: { ...SERVER, host: "a b" } })).toEqual(["source.host"]);
    expect(await refused({ source: { ...SERVER, security: "none" } })).toEqual(["source.allowCleartext"]);
    const form = { kind: "master-user", master: "m", password: "p", form: "nothing" };
    expect(await refused({ source: { ...SERVER, login: form } })).toEqual(["source.login.form"]);
    expect(await refused({ source: { kind: "mbox" }, mailboxes: [{ address: alice.address }] })).toEqual([
      "mailboxes",
    ]);
    expect(
      await refused({ source: SERVER, mailboxes: [{ address: stranger.address, password: "x" }] }),
    ).toEqual(["mailboxes.0"]);
    expect((await call(boss, "GET", "/v1/migrations?cursor=nonsense")).status).toBe(400);
    expect((await call(boss, "GET", "/v1/migrations/nonsense")).status).toBe(404);
    const empty = await call(boss, "POST", "/v1/migrations", { source: SERVER });
    expect((await call(boss, "POST", `/v1/migrations/${empty.body.id}/start`)).status).toBe(409);
  });

  test("an administrator of some domains sees and brings the mail of these alone", async () => {
    const { id } = await draft();
    const local = await withRole(edge, domain, "domain_admin", ["elsewhere.test"]);
    const own = await withRole(edge, domain, "domain_admin", [domain]);
    expect((await call(local, "GET", `/v1/migrations/${id}`)).status).toBe(404);
    expect((await call(local, "POST", `/v1/migrations/${id}/start`)).status).toBe(404);
    const listed = MigrationList.parse((await call(local, "GET", "/v1/migrations")).body);
    expect(listed.items.map((one) => one.id)).not.toContain(id);
    expect((await call(own, "GET", `/v1/migrations/${id}`)).status).toBe(200);
    const mailboxes = [{ address: alice.address, password: "x" }];
    const refused = await call(local, "POST", "/v1/migrations", { source: SERVER, mailboxes });
    expect(refused.body.errors).toMatchObject([{ field: "mailboxes.0", code: "address_unknown" }]);
    expect((await call(own, "POST", "/v1/migrations", { source: SERVER, mailboxes })).status).toBe(201);
  });

  test("another agency and somebody without the permission see nothing of it", async () => {
    const { id } = await draft();
    const at = `/v1/migrations/${id}`;
    const { items } = MigrationMailboxList.parse((await call(boss, "GET", `${at}/mailboxes`)).body);
    const box = `${at}/mailboxes/${items[0]?.id}`;
    const asked: [string, string, unknown?][] = [
      ["GET", at],
      ["DELETE", at],
      ["POST", `${at}/start`],
      ["POST", `${at}/cancel`],
      ["GET", `${at}/mailboxes`],
      ["POST", `${at}/mailboxes`, { mailboxes: [] }],
      ["GET", box],
      ["GET", `${box}/failures`],
      ["POST", `${box}/retry`, {}],
      ["GET", `${at}/files`],
      ["POST", `${at}/files`, { name: "x", size: 1, address: stranger.address }],
    ];
    for (const [method, path, value] of asked) {
      expect((await call(stranger, method, path, value)).status, `${method} ${path}`).toBe(404);
      expect((await call(alice, method, path, value)).status, `${method} ${path}`).toBe(403);
    }
    expect((await call(stranger, "GET", "/v1/migrations")).body.items).toEqual([]);
    expect((await call(alice, "GET", "/v1/migrations")).status).toBe(403);
    expect((await call(alice, "GET", `/v1/me/migrations/${id}`)).status).toBe(404);
    expect((await call(boss, "GET", at)).body).toMatchObject({ state: "draft" });
  });
});

describe("files", () => {
  const OCTETS = "From a@b Thu Jan  1 00:00:00 2020\nSubject: x\n\ny\n";

  test("come in pieces; an upload that was cut goes on where it was", async () => {
    const { body } = await call(boss, "POST", "/v1/migrations", { source: { kind: "mbox" } });
    const at = `/v1/migrations/${body.id}`;
    const wanted = { name: "old.mbox", size: OCTETS.length, address: alice.address };
    const announced = await call(boss, "POST", `${at}/files`, wanted);
    expect(announced.status).toBe(201);
    const file = MigrationFile.parse(announced.body);
    expect(file).toMatchObject({ received: 0, isComplete: false, address: alice.address });
    const path = `${at}/files/${file.id}`;
    expect((await append(boss, path, "0", OCTETS.slice(0, 20))).status).toBe(200);
    expect((await append(boss, path, "0", OCTETS.slice(0, 20))).status).toBe(409);
    expect((await append(boss, path, "40", OCTETS.slice(40))).status).toBe(409);
    expect((await append(boss, path, null, OCTETS.slice(20))).status).toBe(400);
    expect((await append(boss, path, "20", `${OCTETS.slice(20)} and more`)).status).toBe(400);
    expect((await call(boss, "GET", path)).body).toMatchObject({ received: 20 });
    expect((await append(stranger, path, "20", OCTETS.slice(20))).status).toBe(404);
    expect((await append(alice, path, "20", OCTETS.slice(20))).status).toBe(403);
    const last = MigrationFile.parse(await (await append(boss, path, "20", OCTETS.slice(20))).json());
    expect(last).toMatchObject({ received: OCTETS.length, isComplete: true });
    expect((await call(boss, "GET", `${at}/files`)).body.files).toEqual([last]);
    expect((await call(boss, "GET", `${at}/mailboxes`)).body.items).toMatchObject([
      { address: alice.address, user: "old.mbox" },
    ]);
    // Nothing of it can be read in the database.
    const kept = await edge.runtime.store.db.tenant(
      boss.principal.tenantId,
      (tx) => tx`select coalesce(encode(hot, 'escape'), '') as octets from migration_pieces`,
    );
    expect(kept.map((one) => String(one["octets"])).join("")).not.toContain("Subject");
    expect((await call(boss, "DELETE", at)).status).toBe(204);
    const left = await edge.runtime.store.db.tenant(
      boss.principal.tenantId,
      (tx) => tx`select 1 from migration_pieces`,
    );
    expect(left).toHaveLength(0);
  });

  test("what is no file of a migration is refused", async () => {
    const { body } = await call(boss, "POST", "/v1/migrations", { source: { kind: "pst" } });
    const at = `/v1/migrations/${body.id}/files`;
    const wanted = { name: "old.pst", size: 10, address: alice.address };
    expect((await call(boss, "POST", at, { ...wanted, size: 0 })).body.errors).toMatchObject([
      { field: "size" },
    ]);
    expect(
      (await call(boss, "POST", at, { ...wanted, address: stranger.address })).body.errors,
    ).toMatchObject([{ field: "address", code: "address_unknown" }]);
    expect((await call(boss, "POST", at, { ...wanted, size: 9e11 })).body).toMatchObject({
      code: "quota_exceeded",
    });
    const imap = await draft();
    expect((await call(boss, "POST", `/v1/migrations/${imap.id}/files`, wanted)).status).toBe(409);
    expect((await append(boss, `${at}/${crypto.randomUUID()}`, "0", "x")).status).toBe(404);
  });
});

describe("one's own old mail", () => {
  test("is brought by oneself, into one's own mailbox alone", async () => {
    const mailboxes = [{ address: alice.address, user: "alice@old.example", password: SECRET }];
    const made = await call(alice, "POST", "/v1/me/migrations", { source: SERVER, mailboxes });
    expect(made).toMatchObject({ status: 201, body: { createdBy: alice.address, mailboxes: { total: 1 } } });
    expect((await call(alice, "GET", "/v1/me/migrations")).body.items).toHaveLength(1);
    expect((await call(alice, "POST", `/v1/me/migrations/${made.body.id}/start`)).body).toMatchObject({
      state: "running",
    });
    const others = [{ address: boss.address, password: "x" }];
    const foreign = await call(alice, "POST", "/v1/me/migrations", { source: SERVER, mailboxes: others });
    expect(foreign.body.errors).toMatchObject([{ field: "mailboxes.0", code: "address_unknown" }]);
    const login = { kind: "authorization", admin: "root", password: "x" };
    const mighty = await call(alice, "POST", "/v1/me/migrations", { source: { ...SERVER, login } });
    expect(mighty.body.errors).toMatchObject([{ field: "source.login", code: "malformed" }]);
    // Not even the administrator sees where somebody's old mail is.
    expect((await call(boss, "GET", `/v1/migrations/${made.body.id}`)).status).toBe(404);
    expect((await call(boss, "GET", `/v1/me/migrations/${made.body.id}`)).status).toBe(404);
    expect((await call(alice, "POST", `/v1/me/migrations/${made.body.id}/cancel`)).body).toMatchObject({
      state: "cancelled",
    });
  });
});

test("an old server is tried; where none can be, it is said", async () => {
  const source = { ...SERVER, host: "127.0.0.1", port: 9 };
  const path = "/v1/migrations/test-connection";
  const tried = await call(boss, "POST", path, { source, mailbox: { user: "a", password: "b" } });
  const told = edge.runtime.name === "workerd" ? { code: "unavailable" } : { ok: false, problem: "connect" };
  expect(tried.body).toMatchObject(told);
  expect((await call(boss, "POST", path, { source })).body.errors).toMatchObject([{ field: "mailbox" }]);
  expect((await call(alice, "POST", path, { source, mailbox: { user: "a" } })).status).toBe(403);
});
