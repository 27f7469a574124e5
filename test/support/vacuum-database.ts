import postgres from "postgres";
import { findRunningPostgres } from "../../host/embedded-postgres.ts";

/** Does at once what autovacuum comes to do by itself, in the embedded PostgreSQL of a started system.
 * @throws {Error} it does not run */
export async function vacuumDatabase(dataDir: string): Promise<void> {
  const database = findRunningPostgres(dataDir);
  if (database === undefined) throw new Error("the embedded PostgreSQL does not run");
  const sql = postgres(database.ownerUrl, { max: 1 });
  try {
    await sql`vacuum (analyze)`;
  } finally {
    await sql.end();
  }
}
