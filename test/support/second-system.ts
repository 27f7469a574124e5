import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findRunningPostgres } from "../../host/embedded-postgres.ts";
import { startSystem, type System } from "./system.ts";

/** A second process on the database of the first, as in a fleet: it has its own ports, and a data folder of its own.
 * @param env more settings */
export function startBeside(first: System, env: Readonly<Record<string, string>> = {}): Promise<System> {
  const database = findRunningPostgres(first.dataDir);
  if (database === undefined) throw new Error("the first one's database does not run");
  return startSystem({
    env: {
      ANGELIA_DATABASE_URL: database.ownerUrl,
      ANGELIA_DATABASE_APP_URL: database.appUrl,
      ANGELIA_MASTER_KEY: readFileSync(join(first.dataDir, "master.key"), "utf8").trim(),
      ...env,
    },
  });
}
