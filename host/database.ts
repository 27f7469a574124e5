import { relative } from "node:path";
import type { Log } from "../src/kernel/ports.ts";
import type { Config } from "./config.ts";
import { type EmbeddedPostgres, startPostgres } from "./embedded-postgres.ts";
import { checkMigrated, migrateDatabase } from "./migrate.ts";
import { checkAppRole, joinExternal } from "./postgres/external.store.ts";
import { checkMasterKey } from "./postgres/key-check.store.ts";
import { provision } from "./postgres/provision.store.ts";

/** The database, migrated and ready for the application. */
export interface Database {
  /** Logs in as the application, which owns nothing. */
  readonly appUrl: string;
  /** Where it is, for the operator: without passwords. */
  readonly place: string;
  readonly notes: readonly string[];
  stop(): Promise<void>;
}

type DatabaseConfig = Pick<Config, "dataDir" | "database">;

/** Starts the embedded PostgreSQL, or joins the configured one, and brings its schema up to date.
 * @throws {Error} for the operator */
export async function openDatabase(
  config: DatabaseConfig,
  masterKey: Uint8Array,
  log: Log,
): Promise<Database> {
  if (config.database !== undefined) return openExternal(config.database, masterKey, log);
  const server = await startPostgres({ dataDir: config.dataDir, log });
  try {
    await provision(server.ownerUrl, server.appPassword);
    await bringUpToDate(server.ownerUrl, masterKey, log);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    appUrl: server.appUrl,
    place: placeOf(server, config.dataDir),
    notes: server.notes,
    stop: () => server.stop(),
  };
}

function placeOf({ port, clusterDir }: EmbeddedPostgres, dataDir: string): string {
  const outside = relative(dataDir, clusterDir).startsWith("..");
  return `127.0.0.1:${port}, embedded${outside ? ` in ${clusterDir}` : ""}`;
}

async function openExternal(
  { url, appUrl }: NonNullable<Config["database"]>,
  masterKey: Uint8Array,
  log: Log,
): Promise<Database> {
  const joined = await joinExternal(url, appUrl, masterKey);
  if (joined.mayMigrate) await bringUpToDate(url, masterKey, log);
  else {
    await checkMigrated(url);
    await checkMasterKey(url, masterKey, false);
  }
  await checkAppRole(joined.appUrl);
  const { host, pathname } = new URL(joined.appUrl);
  return { appUrl: joined.appUrl, place: `${host}${pathname}`, notes: [], stop: () => Promise.resolve() };
}

async function bringUpToDate(ownerUrl: string, masterKey: Uint8Array, log: Log): Promise<void> {
  const applied = await migrateDatabase(ownerUrl);
  if (applied.length > 0) log.info("migrations_applied", { applied });
  await checkMasterKey(ownerUrl, masterKey, true);
}
