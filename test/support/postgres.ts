import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import type { TestProject } from "vitest/node";
import { startPostgres } from "../../host/embedded-postgres.ts";
import { migrateDatabase } from "../../host/migrate.ts";
import { provision } from "../../host/postgres/provision.store.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of the role `angelia_app`, to one migrated database that all files of the project "edge" share:
     * code in workerd can't ask for one of its own. */
    databaseUrl: string;
    /** Of the superuser, to the server's maintenance database; see `freshDatabase`. */
    postgresOwnerUrl: string;
    /** The password of `angelia_app`. */
    postgresAppPassword: string;
  }
}

/** Every migration is applied to this database once; the databases of the tests are copies of it. */
const TEMPLATE = "angelia_template";
const SHARED = "angelia_shared";

const urlOf = (url: string, database: string): string =>
  Object.assign(new URL(url), { pathname: database }).href;
const nothing = (): void => undefined;

/** Vitest's global setup: the product's own PostgreSQL, one for the whole run, that need not survive a power cut. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), "angelia-test-"));
  chmodSync(dataDir, 0o711); // as root, another account runs PostgreSQL in it
  const server = await startPostgres({
    dataDir,
    log: { info: nothing, warn: nothing, error: nothing },
    settings: { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "400" },
  });
  const guard = guardAgainstOurDeath(server.pid(), dataDir);

  await provision(server.ownerUrl, server.appPassword, TEMPLATE);
  await migrateDatabase(urlOf(server.ownerUrl, TEMPLATE));
  const owner = postgres(urlOf(server.ownerUrl, "postgres"), { max: 1, onnotice: nothing });
  await owner.unsafe(`create database ${SHARED} template ${TEMPLATE}`);
  await owner.end();

  project.provide("databaseUrl", urlOf(server.appUrl, SHARED));
  project.provide("postgresOwnerUrl", urlOf(server.ownerUrl, "postgres"));
  project.provide("postgresAppPassword", server.appPassword);
  return async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
    guard.kill();
  };
}

/** When the test run is killed, its pipe to this shell closes; the shell then ends the server and removes its files. */
function guardAgainstOurDeath(pid: number, dir: string): { kill(): unknown } {
  const script = 'cat >/dev/null; kill -QUIT "$0"; sleep 1; rm -rf "$1"';
  const guard = spawn("/bin/sh", ["-c", script, String(pid), dir], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  return guard;
}
