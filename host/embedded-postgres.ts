import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, realpathSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../src/kernel/ports.ts";
import { accountFor, canEnter, type RunAs } from "./postgres/account.ts";
import { type Binaries, FALLBACK_ROOT, findBinaries } from "./postgres/binaries.ts";
import {
  APP,
  configureCluster,
  createCluster,
  DATABASE,
  OWNER,
  setOwnerPassword,
} from "./postgres/cluster.ts";
import { type Credentials, newPassword, readCredentials, writeCredentials } from "./postgres/credentials.ts";
import {
  freePort,
  livePostmaster,
  PortTaken,
  type PostmasterOptions,
  startPostmaster,
  stopPostmaster,
  untilReady,
} from "./postgres/postmaster.ts";
import { isAlive, runsProgram } from "./postgres/postmaster-pid.ts";

const WATCH_MS = 200;

/** How to reach the embedded PostgreSQL. */
export interface PostgresAddress {
  /** Logs in as the superuser, to the database of Angelia. */
  readonly ownerUrl: string;
  /** Logs in as the role of the application. */
  readonly appUrl: string;
  /** The password of that role, which the first start gives it. */
  readonly appPassword: string;
  readonly port: number;
}

export interface EmbeddedPostgres extends PostgresAddress, AsyncDisposable {
  /** Absolute. */
  readonly clusterDir: string;
  /** Lines for the operator about where it lives, when that is not the usual place. */
  readonly notes: readonly string[];
  /** The process id, which changes when it had to be started again. */
  pid(): number;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly dataDir: string;
  readonly log: Log;
  /** Settings of PostgreSQL that win over ours. Only tests give up durability. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts the PostgreSQL of this data folder, or takes over the one that a killed process left running, and keeps it
 * running on the same port until `stop`. The folder exists and is ours alone (see `lock.ts`).
 * @throws {Error} with a message for the operator */
export async function startPostgres({
  dataDir,
  log,
  settings = {},
}: StartOptions): Promise<EmbeddedPostgres> {
  const prepared = prepare(realpathSync(dataDir), settings);
  const { binaries, clusterDir, runAs } = prepared;
  const options: PostmasterOptions = {
    program: binaries.postgres,
    clusterDir,
    runAs,
    logFile: join(dataDir, "postgres.log"),
    log,
  };
  let { credentials } = prepared;
  let pid = await takeOver(options, credentials.port);
  for (let attempt = 1; pid === undefined; attempt++) {
    credentials = { ...credentials, port: await freePort(credentials.port) };
    writeCredentials(dataDir, credentials);
    try {
      pid = await startPostmaster(options, credentials.port);
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === 10) throw error;
    }
  }
  log.info("postgres_ready", { postmaster: pid, port: credentials.port, clusterDir });

  const watch = keepRunning(options, credentials.port, pid);
  const stop = async (): Promise<void> => {
    const last = await watch.end();
    await stopPostmaster(last);
    log.info("postgres_stopped", { postmaster: last });
  };
  return {
    ...addressOf(credentials),
    clusterDir,
    notes: prepared.notes,
    pid: watch.pid,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The running PostgreSQL of a data folder, for a second process beside the one that keeps it. */
export function findRunningPostgres(dataDir: string): PostgresAddress | undefined {
  const credentials = readCredentials(dataDir);
  if (credentials === undefined) return undefined;
  const live = livePostmaster(resolve(realpathSync(dataDir), credentials.cluster));
  const usable = live?.state === "ready" && live.port === credentials.port;
  return usable ? addressOf(credentials) : undefined;
}

interface Prepared {
  readonly binaries: Binaries;
  readonly clusterDir: string;
  readonly runAs: RunAs | undefined;
  readonly credentials: Credentials;
  readonly notes: readonly string[];
}

/** Finds or makes the cluster, with a password that we know. */
function prepare(dataDir: string, settings: Readonly<Record<string, string>>): Prepared {
  const known = readCredentials(dataDir);
  const place =
    known === undefined ? choosePlace(dataDir) : { clusterDir: resolve(dataDir, known.cluster), notes: [] };
  const { clusterDir } = place;
  const runAs = accountFor(clusterDir);
  const binaries = findBinaries(runAs);
  const exists = existsSync(join(clusterDir, "PG_VERSION"));
  if (known !== undefined && !exists)
    throw new Error(
      `the database was in ${clusterDir}, and is not there any more; put it back, or remove ${join(dataDir, "postgres.json")} to begin with an empty one`,
    );
  if (!exists) createCluster(binaries, clusterDir, runAs, settings["fsync"] !== "off");
  let credentials = known;
  if (credentials === undefined) {
    if (livePostmaster(clusterDir) !== undefined)
      throw new Error(
        `PostgreSQL runs in ${clusterDir}, and its passwords in postgres.json are lost; stop it first`,
      );
    const inside = relative(dataDir, clusterDir);
    credentials = {
      cluster: inside.startsWith("..") ? clusterDir : inside,
      port: 0,
      ownerPassword: newPassword(),
      appPassword: newPassword(),
    };
    configureCluster(clusterDir, runAs, settings);
    setOwnerPassword(binaries, clusterDir, runAs, credentials.ownerPassword);
    writeCredentials(dataDir, credentials);
  } else configureCluster(clusterDir, runAs, settings);
  return {
    binaries,
    clusterDir,
    runAs,
    credentials,
    notes: binaries.note === undefined ? place.notes : [...place.notes, binaries.note],
  };
}

/** `<data dir>/postgres`, or a place outside when the account that must run it can't get there. */
function choosePlace(dataDir: string): { readonly clusterDir: string; readonly notes: readonly string[] } {
  const here = join(dataDir, "postgres");
  const runAs = accountFor(here);
  if (runAs === undefined || canEnter(runAs, dataDir)) return { clusterDir: here, notes: [] };
  const id = createHash("sha256").update(here).digest("hex").slice(0, 12);
  const outside = join(FALLBACK_ROOT, id);
  mkdirSync(outside, { recursive: true });
  for (const dir of [FALLBACK_ROOT, outside]) chmodSync(dir, 0o755);
  return {
    clusterDir: join(outside, "postgres"),
    notes: [`it lives in ${outside}, since its account "${runAs.name}" can't enter ${dataDir}`],
  };
}

/** Adopts a postmaster that a killed process of ours left behind, if it is the program that we would start. */
async function takeOver(options: PostmasterOptions, port: number): Promise<number | undefined> {
  const { clusterDir, program, log } = options;
  const live = livePostmaster(clusterDir);
  if (live === undefined) return undefined;
  if (live.port === port && runsProgram(live.pid, program) && (await untilReady(clusterDir, live.pid))) {
    process.kill(live.pid, "SIGHUP"); // reads the configuration that was just written
    log.info("postgres_adopted", { postmaster: live.pid });
    return live.pid;
  }
  await stopPostmaster(live.pid);
  return undefined;
}

/** Watches the postmaster, and starts another on the same port when it dies. */
function keepRunning(
  options: PostmasterOptions,
  port: number,
  first: number,
): { readonly pid: () => number; readonly end: () => Promise<number> } {
  const { log } = options;
  let pid = first;
  const pause = new AbortController();
  const wait = (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { ref: false, signal: pause.signal }).catch(() => undefined);
  const loop = async (): Promise<void> => {
    while (!pause.signal.aborted) {
      await wait(WATCH_MS);
      if (pause.signal.aborted || isAlive(pid)) continue;
      log.error("postgres_died", { postmaster: pid });
      try {
        pid = await startPostmaster(options, port);
        log.info("postgres_restarted", { postmaster: pid, port });
      } catch (error) {
        log.error("postgres_restart_failed", {
          error: error instanceof Error ? error.message : String(error),
        });
        await wait(1_000);
      }
    }
  };
  const done = loop();
  return {
    pid: () => pid,
    end: async () => {
      pause.abort();
      await done;
      return pid;
    },
  };
}

function addressOf({ port, ownerPassword, appPassword }: Credentials): PostgresAddress {
  const url = (role: string, password: string): string =>
    `postgres://${role}:${password}@127.0.0.1:${port}/${DATABASE}`;
  return { ownerUrl: url(OWNER, ownerPassword), appUrl: url(APP, appPassword), appPassword, port };
}
