import postgres from "postgres";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { checkMigrated } from "../../host/migrate.ts";
import { migrate, pendingMigrations } from "../../src/db/migrate.ts";
import { freshDatabase } from "../support/fresh-database.ts";

const ONE = { name: "0001_one.sql", sql: "create table one (n int); insert into one values (1);" };
const TWO = { name: "0002_two.sql", sql: "create table two (n int);" };
let url: string;
let sql: postgres.Sql;

beforeEach(async () => {
  const name = `m_${crypto.randomUUID().replaceAll("-", "")}`;
  const owner = postgres(inject("postgresOwnerUrl"), { max: 1 });
  await owner.unsafe(`create database ${name}`);
  await owner.end();
  url = Object.assign(new URL(inject("postgresOwnerUrl")), { pathname: name }).href;
  sql = postgres(url, { max: 1, onnotice: () => undefined });
});
afterEach(() => sql.end());

const exists = async (table: string): Promise<boolean> =>
  (await sql`select to_regclass(${table}) as found`)[0]?.["found"] !== null;

test("each file is applied once, in the order of the numbers", async () => {
  expect(await migrate(url, [TWO, ONE])).toEqual(["0001_one.sql", "0002_two.sql"]);
  expect(await migrate(url, [ONE, TWO])).toEqual([]);
  expect(await sql`select n from one`).toHaveLength(1);
  const rows = await sql`select name, sha256 from schema_migrations order by name`;
  expect(rows.map((row) => row["name"])).toEqual(["0001_one.sql", "0002_two.sql"]);
  expect(rows[0]?.["sha256"]).toMatch(/^[0-9a-f]{64}$/);
});

test("many processes may migrate at once", async () => {
  const results = await Promise.all(Array.from({ length: 8 }, () => migrate(url, [ONE, TWO])));
  expect(results.flat().toSorted()).toEqual(["0001_one.sql", "0002_two.sql"]);
  expect(await sql`select n from one`).toHaveLength(1);
});

test("a file that fails leaves nothing behind, and says its name; what came before stays", async () => {
  const bad = { name: "0002_bad.sql", sql: "create table half (n int); select nonsense;" };
  await expect(migrate(url, [ONE, bad])).rejects.toThrow(/^0002_bad\.sql: .*nonsense/);
  expect([await exists("one"), await exists("half")]).toEqual([true, false]);
  expect(await migrate(url, [ONE, TWO])).toEqual(["0002_two.sql"]);
});

test("a file that was changed after it was applied is refused", async () => {
  await migrate(url, [ONE]);
  await expect(migrate(url, [{ ...ONE, sql: `${ONE.sql} -- changed` }, TWO])).rejects.toThrow(
    "migrations/0001_one.sql was changed after it was applied",
  );
  expect(await exists("two")).toBe(false);
});

test("a database of a newer version is refused", async () => {
  await migrate(url, [ONE, TWO]);
  await expect(migrate(url, [ONE])).rejects.toThrow("0002_two.sql, which this program does not know");
});

test("a file before one that is applied is refused, as are two with one number and other names", async () => {
  await migrate(url, [TWO]);
  await expect(migrate(url, [ONE, TWO])).rejects.toThrow("give it a higher number");
  await expect(migrate(url, [TWO, { name: "0002_other.sql", sql: "" }])).rejects.toThrow("have one number");
  await expect(migrate(url, [{ name: "3_x.sql", sql: "" }])).rejects.toThrow("not named NNNN_what.sql");
});

test("what is pending can be seen by a role that may not migrate", async () => {
  expect(await pendingMigrations(url, [ONE, TWO])).toEqual(["0001_one.sql", "0002_two.sql"]);
  await migrate(url, [ONE]);
  const app = Object.assign(new URL(url), {
    username: "angelia_app",
    password: inject("postgresAppPassword"),
  }).href;
  expect(await pendingMigrations(app, [ONE, TWO])).toEqual(["0002_two.sql"]);
  await expect(migrate(app, [ONE, TWO])).rejects.toThrow(/permission denied/);
});

test("the tests' own databases have all migrations of the project", async () => {
  await using database = await freshDatabase();
  await expect(checkMigrated(database.appUrl)).resolves.toBeUndefined();
  await expect(checkMigrated(url)).rejects.toThrow("0001_");
});
