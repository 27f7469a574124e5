import { createHmac } from "node:crypto";
import postgres from "postgres";
import { APP } from "./cluster.ts";

/** `grant … with set true` is of this version. */
const OLDEST_VERSION = 16;

/** Makes sure that the application can log in to a PostgreSQL that somebody else runs, as a role that owns nothing.
 * @param ownerUrl ANGELIA_DATABASE_URL   @param appUrl ANGELIA_DATABASE_APP_URL
 * @param masterKey the password is derived from it when we make the role: the same on every machine of a fleet
 * @returns the URL for the application, and whether `ownerUrl` may apply migrations
 * @throws {Error} with what the operator can do */
export async function joinExternal(
  ownerUrl: string,
  appUrl: string | undefined,
  masterKey: Uint8Array,
): Promise<{ readonly appUrl: string; readonly mayMigrate: boolean }> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => undefined, connect_timeout: 10 });
  try {
    const [is] = await sql<
      {
        version: number;
        role: string;
        may_make_roles: boolean;
        may_migrate: boolean;
        app_exists: boolean;
      }[]
    >`
      select current_setting('server_version_num')::int / 10000 as version, current_user as role,
        (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as may_make_roles,
        has_schema_privilege('public', 'create') as may_migrate,
        exists (select from pg_roles where rolname = ${APP}) as app_exists`;
    if (is === undefined) throw new Error("PostgreSQL did not answer");
    if (is.version < OLDEST_VERSION)
      throw new Error(`it is PostgreSQL ${is.version}; Angelia needs ${OLDEST_VERSION} or later`);
    if (appUrl !== undefined || is.role === APP)
      return { appUrl: appUrl ?? ownerUrl, mayMigrate: is.may_migrate };
    if (!is.may_make_roles)
      throw new Error(
        `its role "${is.role}" may not make the role ${APP}. Make it yourself (docs/guides/operator.md) and set ANGELIA_DATABASE_APP_URL`,
      );
    const password = createHmac("sha256", masterKey).update("password of angelia_app").digest("base64url");
    const made = Object.assign(new URL(ownerUrl), { username: APP, password }).href;
    if (!is.app_exists) await sql.unsafe(`create role ${APP} login password '${password}'`);
    else if (!(await canLogIn(made))) await sql.unsafe(`alter role ${APP} login password '${password}'`);
    return { appUrl: made, mayMigrate: is.may_migrate };
  } catch (error) {
    throw new Error(`The database of ANGELIA_DATABASE_URL can't be used: ${reason(error)}`, { cause: error });
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Looks at the role of the application. Row-level security does not bind a superuser or one that bypasses it.
 * @throws {Error} the role could read what it must not */
export async function checkAppRole(appUrl: string): Promise<void> {
  const sql = postgres(appUrl, { max: 1, onnotice: () => undefined, connect_timeout: 10 });
  let is: { role: string; above: boolean; owns: boolean; member: boolean } | undefined;
  try {
    [is] = await sql<{ role: string; above: boolean; owns: boolean; member: boolean }[]>`
      select current_user as role, rolsuper or rolbypassrls as above,
        exists (select from pg_class where relowner = pg_roles.oid and relkind in ('r', 'p')) as owns,
        pg_has_role(${APP}, 'usage') as member
      from pg_roles where rolname = current_user`;
  } catch (error) {
    throw new Error(`The application can't log in to its database: ${reason(error)}`, { cause: error });
  } finally {
    await sql.end({ timeout: 5 });
  }
  if (is === undefined || is.above || is.owns || !is.member)
    throw new Error(
      `The application's role "${is?.role}" must be ${APP} or a member of it, no superuser, without BYPASSRLS, and own no table: else one agency could see another. See docs/guides/operator.md.`,
    );
}

async function canLogIn(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 10 });
  try {
    await sql`select 1`;
    return true;
  } catch (error) {
    // 28P01 and 28000: wrong password, log-in not allowed. Anything else is not about the role.
    if (error instanceof postgres.PostgresError && error.code.startsWith("28")) return false;
    throw error;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" && "code" in error ? String(error.code) : error.message;
}
