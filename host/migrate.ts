import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { migrate } from "../src/db/migrate.ts";

const FOLDER = join(import.meta.dirname, "..", "migrations");

/** Brings the database to the schema that this program needs.
 * @param ownerUrl of a role that owns the schema
 * @returns the names of the files that were applied now   @throws {MigrationError} */
export async function migrateDatabase(ownerUrl: string, folder: string = FOLDER): Promise<readonly string[]> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  const files = names.map((name) => ({ name, sql: readFileSync(join(folder, name), "utf8") }));
  return migrate(ownerUrl, files);
}
