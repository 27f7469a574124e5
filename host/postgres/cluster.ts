import { spawnSync } from "node:child_process";
import {
  chownSync,
  closeSync,
  fchownSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { syncFolder } from "../sync-folder.ts";
import { type RunAs, spawnOptions } from "./account.ts";
import type { Binaries } from "./binaries.ts";

/** The cluster's superuser: owns every table and runs the migrations. */
export const OWNER = "angelia_owner";
/** The role that the application logs in as: owns nothing. */
export const APP = "angelia_app";
/** The database that holds everything. */
export const DATABASE = "angelia";

/** Fits a machine with 1 GB, which it shares with the rest of Angelia. Durable: nothing here is ever relaxed. */
const SETTINGS = {
  // No Unix socket: any local user could talk to it, and its path may be too long (107 bytes).
  unix_socket_directories: "",
  listen_addresses: "127.0.0.1",
  max_connections: "100",
  // The passwords are 256 random bits, so nothing is gained by making each guess slow; each log-in gets cheaper.
  scram_iterations: "1",

  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",

  shared_buffers: "128MB",
  wal_buffers: "16MB",
  maintenance_work_mem: "64MB",
  effective_cache_size: "384MB",
  min_wal_size: "128MB",
  max_wal_size: "1GB",
  checkpoint_timeout: "10min",
  huge_pages: "off",
  jit: "off",
  random_page_cost: "1.1",
  // Mail asks many small questions. Parallel workers would also need more /dev/shm than a container has by default.
  max_parallel_workers_per_gather: "0",
  // With the figures of an empty table the planner walks the whole of a mailbox that was just filled, for each page of it.
  autovacuum_naptime: "15s",

  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
  // The log must not hold what people write: no statements, no values.
  log_statement: "none",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_line_prefix: "%m [%p] %q%a ",
} as const;

/** Makes an empty cluster at `dir`: all of it or, when killed in between, nothing. Nobody can log in to it yet. */
export function createCluster(
  binaries: Binaries,
  dir: string,
  runAs: RunAs | undefined,
  sync: boolean,
): void {
  const making = `${dir}.new`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { mode: 0o700 });
  if (runAs !== undefined) chownSync(making, runAs.uid, runAs.gid);
  // The built-in C.UTF-8 knows all letters of Unicode and sorts by code point: the same on every machine, so an
  // upgrade of the C library never damages an index.
  const args = [
    "-D",
    making,
    "-U",
    OWNER,
    "--auth=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
  ];
  args.push("--locale-provider=builtin", "--builtin-locale=C.UTF-8", ...(sync ? [] : ["--no-sync"]));
  const run = spawnSync(binaries.initdb, args, { ...spawnOptions(runAs), encoding: "utf8" });
  if (run.status !== 0) throw new Error(`initdb failed: ${run.error?.message ?? run.stderr.trim()}`);
  renameSync(making, dir);
  if (sync) syncFolder(dirname(dir));
}

/** Gives the superuser a password while no server runs. */
export function setOwnerPassword(
  binaries: Binaries,
  dir: string,
  runAs: RunAs | undefined,
  password: string,
): void {
  const args = ["--single", "-D", dir, "-c", "log_min_error_statement=panic", "postgres"];
  const run = spawnSync(binaries.postgres, args, {
    ...spawnOptions(runAs),
    input: `alter role ${OWNER} password '${password}'\n`,
    encoding: "utf8",
  });
  if (run.status !== 0 || /\b(ERROR|FATAL|PANIC): /.test(run.stderr))
    throw new Error(`could not set the database password: ${run.error?.message ?? run.stderr.trim()}`);
}

/** Writes the cluster's configuration: ours at every start; the operator's own settings stand in `local.conf` and win. */
export function configureCluster(
  dir: string,
  runAs: RunAs | undefined,
  overrides: Readonly<Record<string, string>>,
): void {
  const lines = Object.entries({ ...SETTINGS, ...overrides }).map(
    ([name, value]) => `${name} = '${value}'\n`,
  );
  const remark = "# Angelia writes this file at every start.";
  writeOwned(
    join(dir, "postgresql.conf"),
    runAs,
    `${remark} Put your own settings into local.conf beside it.\n${lines.join("")}include_if_exists = 'local.conf'\n`,
  );
  writeOwned(join(dir, "pg_hba.conf"), runAs, `${remark}\nhost all all 127.0.0.1/32 scram-sha-256\n`);
}

/** Replaces a file in a folder that belongs to the other account. Never through a link that this account may have put
 * there: the file is made anew and renamed. */
function writeOwned(path: string, runAs: RunAs | undefined, text: string): void {
  const making = `${path}.new`;
  rmSync(making, { force: true });
  const file = openSync(making, "wx", 0o600);
  try {
    writeSync(file, text);
    if (runAs !== undefined) fchownSync(file, runAs.uid, runAs.gid);
  } finally {
    closeSync(file);
  }
  renameSync(making, path);
}
