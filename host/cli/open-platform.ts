import { randomFillSync } from "node:crypto";
import { openDb } from "../../src/db/index.ts";
import { NotifyingQueueSignal, type Outbound } from "../../src/outbound/index.ts";
import { openForCommand } from "../command-data.ts";
import { readConfig } from "../config.ts";
import { newPlatform, type Platform } from "../platform.ts";

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Opens what the running system has open; without one, starts the database for the time of this command.
 * @throws {Error} for the operator */
export async function openPlatform(): Promise<Platform & { readonly outbound: Outbound } & AsyncDisposable> {
  const { config } = readConfig(process.env);
  await using closing = new AsyncDisposableStack();
  const data = closing.use(await openForCommand(config, silent, say));
  const db = openDb({ url: data.appUrl, max: 2 });
  closing.defer(() => db.close());
  const platform = newPlatform({
    db,
    log: silent,
    clock: () => Date.now(),
    random: (length) => randomFillSync(new Uint8Array(length)),
    masterKey: data.masterKey,
    dataDir: config.dataDir,
    s3: config.s3,
    hostedDomain: config.hostedDomain,
  });
  // A command is over before its changes would be told by themselves.
  closing.defer(() => platform.changes.flush());
  const queue = new NotifyingQueueSignal(db, silent);
  closing.defer(() => queue.flush());
  const outbound = {
    store: platform.store,
    tenancy: platform.tenancy,
    queue,
    hostname: config.hostname,
    times: config.queueTimes,
    publicUrl: config.publicUrl,
    unverifiedDaily: config.unverifiedDaily,
  };
  const opened = closing.move();
  return { ...platform, outbound, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
