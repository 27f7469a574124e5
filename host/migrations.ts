import { hostname as machineName } from "node:os";
import { openSpoolDir } from "../smtp-relay/inbound/spool.ts";
import { SOURCE_TIMES } from "../smtp-relay/migration/dial-source.ts";
import { testConnection } from "../smtp-relay/migration/test-connection.ts";
import { MigrationWorker } from "../smtp-relay/migration/worker.ts";
import type { EdgeDeps } from "../src/edge/deps.ts";
import type { Config } from "./config.ts";
import type { HostDeps, Service } from "./service.ts";

const LOOK_MS = 5_000;
const TIDY_MS = 60_000;

/** Copies old mail in this process. One process at a time has a data folder, so its name is its own. */
export function startMigrations({ config, store, tenancy, log }: HostDeps): Service {
  const { privateHosts, parallel, filesMaxBytes } = config.migrations;
  const worker = new MigrationWorker({
    store,
    keys: tenancy.keys,
    log,
    spool: openSpoolDir(config.dataDir),
    maxMessageBytes: config.maxMessageBytes,
    fileMaxBytes: filesMaxBytes,
    privateHosts,
    times: SOURCE_TIMES,
    holder: `${machineName()}:${config.dataDir}`,
    parallel,
    lookMs: LOOK_MS,
    tidyMs: TIDY_MS,
  });
  worker.start();
  return { name: "migrations", stop: () => worker.stop() };
}

/** What the routes of migrations need of this process. */
export function migrationsOfEdge({ migrations }: Pick<Config, "migrations">): EdgeDeps["migrations"] {
  const { filesMaxBytes, privateHosts } = migrations;
  return {
    filesMaxBytes,
    testConnection: (test) => testConnection(test, { privateHosts, times: SOURCE_TIMES }),
  };
}
