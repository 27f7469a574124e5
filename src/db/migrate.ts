import postgres from "postgres";

export interface Migration {
  /** `NNNN_what.sql` */
  readonly name: string;
  readonly sql: string;
}

/** A database that this program's migrations don't fit. The message is for the operator. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/** One of all advisory locks: whoever migrates this database holds it. */
const LOCK = 4_715_238_906;

/** Applies what is not applied yet, in order and forward only, each file in a transaction of its own together with
 * its row in `schema_migrations`. Any number of processes may call it at once: one works, the others wait.
 * @param url logs in as a role that owns the schema
 * @returns the names that were applied now
 * @throws {MigrationError} a file changed after it was applied, is missing, or comes before one that is applied
 * @throws {Error} of PostgreSQL, with the file's name in its message */
export function migrate(url: string, migrations: readonly Migration[]): Promise<readonly string[]> {
  return connected(url, migrations, apply);
}

/** What `migrate` would apply, for a role that may not.
 * @throws {MigrationError} as `migrate` */
export function pendingMigrations(url: string, migrations: readonly Migration[]): Promise<readonly string[]> {
  return connected(url, migrations, async (sql, files) => {
    const [table] = await sql`select to_regclass('schema_migrations') is not null as found`;
    const rows = table?.["found"] === true ? await appliedRows(sql) : [];
    compare(files, rows);
    return files.map((file) => file.name).filter((name) => !rows.some((row) => row.name === name));
  });
}

async function connected<T>(
  url: string,
  migrations: readonly Migration[],
  work: (sql: postgres.Sql, files: readonly Hashed[]) => Promise<T>,
): Promise<T> {
  const files = await Promise.all(
    ordered(migrations).map(async (file) => ({ ...file, sha256: await sha256(file.sql) })),
  );
  const sql = postgres(url, {
    max: 1,
    onnotice: () => undefined,
    connection: { application_name: "angelia migrate" },
  });
  try {
    return await work(sql, files);
  } finally {
    await sql.end();
  }
}

type Row = Pick<Hashed, "name" | "sha256">;
const appliedRows = (sql: postgres.ISql): Promise<Row[]> =>
  sql<Row[]>`select name, sha256 from schema_migrations`;

interface Hashed extends Migration {
  readonly sha256: string;
}

async function apply(sql: postgres.Sql, files: readonly Hashed[]): Promise<readonly string[]> {
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`;
    await tx`create table if not exists schema_migrations (
      name text primary key, sha256 text not null, applied_at timestamptz not null default now()
    )`;
    await tx`grant select on schema_migrations to public`;
  });
  const applied: string[] = [];
  for (const file of files) {
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${LOCK})`;
      const rows = await appliedRows(tx);
      compare(files, rows);
      if (rows.some((row) => row.name === file.name)) return;
      try {
        await tx.unsafe(file.sql);
      } catch (error) {
        throw new Error(`${file.name}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
      await tx`insert into schema_migrations (name, sha256) values (${file.name}, ${file.sha256})`;
      applied.push(file.name);
    });
  }
  return applied;
}

function ordered(migrations: readonly Migration[]): Migration[] {
  const files = migrations.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const [i, { name }] of files.entries()) {
    if (!/^\d{4}_[a-z0-9-]+\.sql$/.test(name)) throw new MigrationError(`${name} is not named NNNN_what.sql`);
    const before = files[i - 1]?.name;
    if (before?.slice(0, 4) === name.slice(0, 4))
      throw new MigrationError(`${before} and ${name} have one number`);
  }
  return files;
}

function compare(wanted: readonly Row[], rows: readonly Row[]): void {
  const last =
    rows
      .map((row) => row.name)
      .toSorted()
      .at(-1) ?? "";
  for (const row of rows) {
    const file = wanted.find(({ name }) => name === row.name);
    if (file === undefined)
      throw new MigrationError(
        `the database has the migration ${row.name}, which this program does not know: a newer version wrote it`,
      );
    if (file.sha256 !== row.sha256)
      throw new MigrationError(
        `migrations/${row.name} was changed after it was applied; add a new file instead`,
      );
  }
  const late = wanted.find(({ name }) => name < last && !rows.some((row) => row.name === name));
  if (late !== undefined)
    throw new MigrationError(
      `migrations/${late.name} comes before ${last}, which is applied; give it a higher number`,
    );
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
