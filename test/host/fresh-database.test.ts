import postgres from "postgres";
import { expect, test } from "vitest";
import { freshDatabase } from "../support/fresh-database.ts";

test("the application's role owns nothing and can't get round row-level security", async () => {
  await using database = await freshDatabase();
  const sql = postgres(database.appUrl, { max: 1 });
  const [role] = await sql`
    select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
      (select count(*)::int from pg_class where relowner = pg_roles.oid) as owned
    from pg_roles where rolname = current_user`;
  await expect(sql`create table mine (id int)`).rejects.toThrow(/permission denied/);
  await expect(sql`set role angelia_owner`).rejects.toThrow(/permission denied/);
  await sql.end();
  expect(role).toEqual({
    rolsuper: false,
    rolbypassrls: false,
    rolcreaterole: false,
    rolcreatedb: false,
    owned: 0,
  });
});

test("two fresh databases are apart, and both have the migrations", async () => {
  await using one = await freshDatabase();
  await using two = await freshDatabase();
  const [a, b] = [one, two].map(({ ownerUrl }) => postgres(ownerUrl, { max: 1 }));
  if (a === undefined || b === undefined) throw new Error("two clients");
  await a`create table only_here (id int)`;
  const seen =
    await b`select to_regclass('only_here') as found, (select count(*)::int from schema_migrations) as applied`;
  await Promise.all([a.end(), b.end()]);
  expect(seen[0]?.["found"]).toBeNull();
  expect(seen[0]?.["applied"]).toBeGreaterThan(0);
});
