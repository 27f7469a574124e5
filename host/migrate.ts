import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { migrate, type Migration, MigrationError, pendingMigrations } from "../src/db/migrate.ts";

const FOLDER = join(import.meta.dirname, "..", "migrations");

/** Brings the database to the schema that this program needs.
 * @param ownerUrl of a role that owns the schema
 * @returns the names of the files that were applied now   @throws {MigrationError} */
export async function migrateDatabase(ownerUrl: string): Promise<readonly string[]> {
  return migrate(ownerUrl, readMigrations());
}

/** Looks whether the database has the schema that this program needs.
 * @throws {MigrationError} it has another */
export async function checkMigrated(url: string): Promise<void> {
  const pending = await pendingMigrations(url, readMigrations());
  if (pending.length > 0)
    throw new MigrationError(
      `The database needs ${pending.join(", ")}, which the role of ANGELIA_DATABASE_URL may not apply. Start once with the URL of the role that owns the schema.`,
    );
}

function readMigrations(): readonly Migration[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".sql"));
  return names.map((name) => ({ name, sql: readFileSync(join(FOLDER, name), "utf8") }));
}
