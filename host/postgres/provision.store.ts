import postgres from "postgres";
import { APP, DATABASE } from "./cluster.ts";

/** Makes the application's role and its database in a new cluster; does nothing in one that has them.
 * @param ownerUrl of the superuser   @param appPassword of 43 characters from A–Z a–z 0–9 - _
 * @param database its name; others than `angelia` are for tests */
export async function provision(
  ownerUrl: string,
  appPassword: string,
  database: string = DATABASE,
): Promise<void> {
  if (!/^[\w-]{20,}$/.test(appPassword) || !/^\w+$/.test(database))
    throw new Error("not a password or name of ours");
  const maintenance = new URL(ownerUrl);
  maintenance.pathname = "/postgres"; // ours may not exist yet
  const sql = postgres(maintenance.href, { max: 1, onnotice: () => undefined });
  try {
    const [role] = await sql`select 1 from pg_roles where rolname = ${APP}`;
    if (role === undefined) await sql.unsafe(`create role ${APP}`);
    // Every time: the password is a new one when postgres.json was lost.
    await sql.unsafe(
      `alter role ${APP} with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication inherit password '${appPassword}'`,
    );
    const [found] = await sql`select 1 from pg_database where datname = ${database}`;
    if (found === undefined) await sql.unsafe(`create database ${database}`);
    await sql.unsafe(
      `revoke all on database ${database} from public; grant connect on database ${database} to ${APP}`,
    );
  } finally {
    await sql.end();
  }
}
