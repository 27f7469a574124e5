import { globSync } from "node:fs";
import { resolve } from "node:path";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SystemTx } from "../../src/db/index.ts";
import type { Attack } from "../support/attack.ts";
import { attacks, FRAGMENTS, SYSTEM_FUNCTIONS } from "../support/isolation-attacks.ts";
import { openWorld, type World } from "../support/isolation-world.ts";

/** What another tenant's ids may give: nothing. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0) return true;
  if (value instanceof Map || value instanceof Set) return value.size === 0;
  if (ArrayBuffer.isView(value)) return value.byteLength === 0;
  if (Array.isArray(value)) return value.every(isNothing);
  return typeof value === "object" && Object.values(value).every(isNothing);
}

let world: World;
let owner: postgres.Sql;
beforeAll(async () => {
  world = await openWorld();
  owner = postgres(world.ownerUrl, { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  await owner.end();
  await world[Symbol.asyncDispose]();
});

/** Everything that the victim has, row by row. */
async function everythingOf(tenantId: string): Promise<string> {
  const tables = await owner<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
    where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace order by 1`;
  const rows = [];
  for (const { name } of tables)
    rows.push(
      await owner`select ${name}::text as t, row_to_json(x)::text as r from ${owner(name)} x where tenant_id = ${tenantId} order by 2`,
    );
  return JSON.stringify(rows);
}

/** Every function that touches the database: `tenants/account#readAccount`. */
async function storeFunctions(): Promise<string[]> {
  const names: string[] = [];
  for (const file of globSync("src/**/*.store.ts")) {
    const exported: Record<string, unknown> = await import(resolve(file));
    for (const [name, value] of Object.entries(exported))
      if (typeof value === "function")
        names.push(`${file.slice("src/".length, -".store.ts".length)}#${name}`);
  }
  return names.toSorted();
}

/** @returns what is wrong with what an attack gave */
function fault(
  attack: Attack,
  result: { readonly value: unknown } | { readonly error: unknown },
): string | null {
  if (!("value" in result)) return attack.gives === "throws" ? null : `it threw ${String(result.error)}`;
  const got = JSON.stringify(result.value) ?? "undefined";
  if (attack.gives === "throws") return `it gave ${got}`;
  if (attack.gives === "nothing") return isNothing(result.value) ? null : `it gave ${got}`;
  return got.includes("victim") ? `it gave something of the victim: ${got}` : null;
}

const system = (work: (tx: SystemTx) => Promise<unknown>): Promise<unknown> =>
  world.db.system("a test", work);

describe("every store function, tried by one tenant with the ids of another", () => {
  test("each has a line in the table, or is one of the few that read across tenants", async () => {
    expect(await storeFunctions()).toEqual(
      [...Object.keys(attacks), ...SYSTEM_FUNCTIONS, ...FRAGMENTS].toSorted(),
    );
  });

  test.for(Object.entries(attacks))("%s", async ([, attack]) => {
    const before = await everythingOf(world.victim.tenantId);
    const result = await world.db
      .tenant(world.attacker.tenantId, (tx) => attack.run(tx, world.victim, world.attacker, world.db))
      .then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
    expect(fault(attack, result)).toBeNull();
    expect(await everythingOf(world.victim.tenantId)).toBe(before);
  });
});

test("the table would see a leak: with the victim's own scope the reads give something", async () => {
  const { tenantId } = world.victim;
  const given = [];
  for (const [name, attack] of Object.entries(attacks)) {
    if (attack.gives !== "nothing" || !/#(find|list|read|count|query)/.test(name)) continue;
    const value = await world.db.tenant(tenantId, (tx) =>
      attack.run(tx, world.victim, world.victim, world.db),
    );
    if (isNothing(value)) given.push(name);
  }
  expect(given).toEqual([]);
});

describe("the database itself", () => {
  test("every table with a tenant has forced row-level security, and a policy for the application alone", async () => {
    const bare = await owner`
      select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
      where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
        and (not c.relrowsecurity or not c.relforcerowsecurity or not exists (
          select from pg_policy p where p.polrelid = c.oid and p.polroles = array['angelia_app'::regrole::oid]
            and pg_get_expr(p.polqual, p.polrelid) = '(tenant_id = app_tenant())'))`;
    expect(bare).toEqual([]);
    const [count] = await owner`
      select count(*)::int as n from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' where c.relkind = 'r'`;
    expect(count?.["n"]).toBeGreaterThan(15);
  });

  test("every key of such a table begins with the tenant", async () => {
    const loose = await owner`
      select i.indexrelid::regclass::text as name from pg_index i
      join pg_attribute a on a.attrelid = i.indrelid and a.attname = 'tenant_id'
      where i.indisprimary and i.indkey[0] <> a.attnum and i.indrelid::regclass::text !~ '^pg_'`;
    expect(loose).toEqual([]);
  });

  test("the application owns nothing, can't bypass row-level security, and is not the system role by itself", async () => {
    const [roles] = await owner`
      select (select count(*)::int from pg_class where relowner = 'angelia_app'::regrole) as owns,
        bool_or(rolsuper or rolbypassrls or rolcreaterole or rolcreatedb) as mighty
      from pg_roles where rolname in ('angelia_app', 'angelia_system')`;
    expect(roles).toEqual({ owns: 0, mighty: false });
    const [member] = await owner`
      select inherit_option as inherits, set_option as sets from pg_auth_members
      where roleid = 'angelia_system'::regrole and member = 'angelia_app'::regrole`;
    expect(member).toEqual({ inherits: false, sets: true });
  });

  test("the application can't rewrite the audit log", async () => {
    const { tenantId } = world.victim;
    await expect(
      world.db.tenant(tenantId, (tx) => tx`update audit_log set actor = 'nobody'`),
    ).rejects.toThrow(/permission denied/);
    await expect(world.db.tenant(tenantId, (tx) => tx`delete from audit_log`)).rejects.toThrow(
      /permission denied/,
    );
  });

  test("a query without a tenant is an error, not an empty list", async () => {
    const app = postgres(world.appUrl, { max: 1, onnotice: () => undefined });
    await expect(app`select * from accounts`).rejects.toThrow(/app.tenant_id/);
    await app`select set_config('app.tenant_id', '', false)`;
    await expect(app`select * from accounts`).rejects.toThrow(/uuid/);
    await app.end();
  });

  test("the system role reads the directory, and no mail", async () => {
    await expect(system((tx) => tx`select slug from tenants`)).resolves.toHaveLength(2);
    for (const table of [
      "accounts",
      "credentials",
      "messages",
      "placements",
      "hot_blobs",
      "blob_keys",
      "tenant_keys",
      "audit_log",
    ])
      await expect(system((tx) => tx`select * from ${tx(table)}`)).rejects.toThrow(/permission denied/);
  });
});
