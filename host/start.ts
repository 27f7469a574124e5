import { hkdfSync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { collectDefaultMetrics, Registry } from "prom-client";
import { ClientConnections } from "../smtp-relay/listen/client-connections.ts";
import { endClients } from "../smtp-relay/listen/end-clients.ts";
import { openDb } from "../src/db/index.ts";
import type { Log } from "../src/kernel/ports.ts";
import { NotifyingQueueSignal, type Outbound } from "../src/outbound/index.ts";
import { Closing } from "./closing.ts";
import { readConfig } from "./config.ts";
import { openDataDir } from "./data-dir.ts";
import { openDatabase } from "./database.ts";
import { giveBackMemory, tuneGarbageCollection } from "./garbage-collection.ts";
import { openDomains } from "./domains.ts";
import { Locked, takeLock } from "./lock.ts";
import { openLog } from "./log.ts";
import { loadGeoTable } from "./geo-table.ts";
import { loadMasterKey } from "./master-key.ts";
import { newPlatform } from "./platform.ts";
import { newRandomPool } from "./random-pool.ts";
import { portFaults } from "./ports.ts";
import { openScanners } from "./scanners.ts";
import type { HostDeps, Service } from "./service.ts";
import { SERVICES } from "./services.ts";
import { PORT_SETTINGS } from "./settings.ts";
import { openSigning } from "./signing.ts";
import { startPage } from "./start-page.ts";
import { loadTls } from "./tls.ts";

/** How long a command that works on the data folder may keep us waiting. */
const COMMAND_PATIENCE_MS = 60_000;
/** Connections of the application; PostgreSQL allows 100, and commands and other processes need some. */
const CONNECTIONS = 20;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Starts everything that is switched on; what was started is registered to be closed. */
async function start(closing: Closing): Promise<void> {
  const { config, warnings } = readConfig(process.env);
  for (const warning of warnings) say(`Warning: ${warning}.`);
  openDataDir(config.dataDir);
  const lock = await lockFor(config.dataDir);
  closing.add("lock", () => lock.release());
  const log = openLog(config);
  closing.add("log", () => log.flush());
  closing.log = log;
  log.info("starting", { node: process.version, dataDir: config.dataDir });

  const starters = SERVICES.filter(({ role }) => config.roles.has(role));
  const ports = starters.flatMap((starter) => starter.ports);
  const faults = await portFaults(
    config.bind,
    ports.map((name) => ({ port: config.ports[name], setting: PORT_SETTINGS[name] })),
  );
  if (faults.length > 0) throw new Error(faults.join("\n"));

  const master = loadMasterKey(config);
  const tls = await loadTls(config, log);
  closing.add("tls", () => tls.stop());
  closing.check();
  const database = await openDatabase(config, master.key, log);
  closing.add("postgres", () => database.stop());
  lock.announceReady();
  closing.check();
  const db = openDb({ url: database.appUrl, max: CONNECTIONS });
  closing.add("database connections", () => db.close());

  const { store, tenancy, changes } = newPlatform({
    db,
    log,
    clock: () => Date.now(),
    random: newRandomPool(),
    masterKey: master.key,
    dataDir: config.dataDir,
    s3: config.s3,
    hostedDomain: config.hostedDomain,
  });
  await changes.start();
  closing.add("change hub", () => changes.stop());
  closing.add("sign-in log", () => tenancy.signIns.flush());
  const queue = new NotifyingQueueSignal(db, log);
  closing.add("queue signal", () => queue.stop());

  const scanners = await openScanners(config, { log, clock: store.clock });
  closing.add("scanners", () => scanners.stop());

  const signing = openSigning(config, tenancy, log);

  const geo = loadGeoTable(config.geoIpFile);
  log.info("country_table", { ranges: geo?.ranges ?? 0 });

  let serving = false;
  const outbound: Outbound = {
    store,
    tenancy,
    queue,
    hostname: config.hostname,
    times: config.queueTimes,
    publicUrl: config.publicUrl,
    countryOf: geo?.countryOf,
    unverifiedDaily: config.unverifiedDaily,
    sealForward: signing.sealForward,
  };
  const deps: HostDeps = {
    config,
    log,
    clock: store.clock,
    random: store.random,
    db,
    store,
    tenancy,
    outbound,
    domains: openDomains(config, outbound, log),
    signing,
    tls,
    clients: new ClientConnections(config.clientLimits, config.limitLoopback),
    fileKey: new Uint8Array(hkdfSync("sha256", master.key, new Uint8Array(), "angelia files", 32)),
    scanners,
    metrics: metricsOfProcess(),
    isServing: () => serving && !closing.begun,
  };
  await endClients(db, deps.clients, log);
  const services: Service[] = [];
  // All at once: none takes anything new from the moment on that the process is to end.
  closing.add("services", () => stopAll(services, log));
  for (const starter of starters) {
    services.push(...(await starter.start(deps)));
    closing.check();
  }
  closing.add("memory", giveBackMemory());
  serving = true;
  log.info("ready", { services: services.map(({ name, address }) => ({ name, address })) });
  const notes = [
    ...database.notes.map((note) => `PostgreSQL: ${note}.`),
    tls.warning ?? [],
    master.warning ?? [],
  ].flat();
  say(
    startPage({
      config,
      services,
      scanners: scanners.status,
      database: database.place,
      logPlace: log.place,
      notes,
    }),
  );
}

async function stopAll(services: readonly Service[], log: Log): Promise<void> {
  await Promise.all(
    services.map(async (service) => {
      try {
        await service.stop();
      } catch (error) {
        log.error("stop_failed", { name: service.name, error });
      }
    }),
  );
}

/** Takes the data folder; a command that works on it is let finish. */
async function lockFor(dataDir: string): Promise<ReturnType<typeof takeLock>> {
  const until = Date.now() + COMMAND_PATIENCE_MS;
  for (let told = false; ; told = true) {
    try {
      return takeLock(dataDir, "system");
    } catch (error) {
      if (!(error instanceof Locked) || error.holder === "system" || Date.now() > until) throw error;
      if (!told) say(`${error.message} Waiting until it has finished …`);
      await sleep(200);
    }
  }
}

function metricsOfProcess(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

process.umask(0o077); // whatever we write is for our account alone
tuneGarbageCollection();
await new Closing().around(start);
