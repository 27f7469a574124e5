import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { openSpoolDir } from "../../smtp-relay/inbound/spool.ts";
import { MigrationWorker, type MigrationWorkerDeps } from "../../smtp-relay/migration/worker.ts";
import type { Migration, NewMigration } from "../../src/contract/migrations.ts";
import { NewMigration as NewMigrationSchema } from "../../src/contract/migrations.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import {
  changeMigration,
  createMigration,
  lookAtMigration,
  type MigrationDeps,
  type Mover,
} from "../../src/migration/index.ts";
import type { TestPlatform } from "./platform.ts";
import type { z } from "zod";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export const depsOf = ({ store, tenancy }: TestPlatform): MigrationDeps => ({
  store,
  keys: tenancy.keys,
  filesMaxBytes: 1e9,
});

export const moverOf = (tenantId: TenantId): Mover => ({
  tenantId,
  actor: "admin@acme.test",
  own: null,
  domains: null,
});

/** Copies in this process until it is disposed. */
export function startWorker(
  platform: TestPlatform,
  more: Partial<MigrationWorkerDeps> = {},
): MigrationWorker & AsyncDisposable {
  const { store, tenancy, dataDir } = platform;
  const worker = new MigrationWorker({
    store,
    keys: tenancy.keys,
    log: silent,
    spool: openSpoolDir(dataDir),
    maxMessageBytes: 52_428_800,
    fileMaxBytes: 1e9,
    privateHosts: true,
    times: { connectMs: 5_000, silenceMs: 5_000 },
    holder: randomUUID(),
    parallel: 4,
    lookMs: 100,
    tidyMs: 60_000,
    ...more,
  });
  worker.start();
  return Object.assign(worker, { [Symbol.asyncDispose]: () => worker.stop() });
}

/** A server of this machine in clear text, for `NewMigration`. */
export const clearSource = (port: number) =>
  ({ kind: "imap", host: "127.0.0.1", port, security: "none", allowCleartext: true }) as const;

/** Makes a migration and starts it. */
export async function beginMigration(
  deps: MigrationDeps,
  mover: Mover,
  wanted: z.input<typeof NewMigrationSchema>,
): Promise<Migration> {
  const parsed: NewMigration = NewMigrationSchema.parse(wanted);
  const { id } = await createMigration(deps, mover, parsed);
  return changeMigration(deps, mover, id, "start");
}

/** Waits until a migration is in another state than running, or something else is so. */
export async function untilMigration(
  deps: MigrationDeps,
  mover: Mover,
  id: string,
  isSo: (now: Migration) => boolean = (now) => now.state !== "running",
): Promise<Migration> {
  for (;;) {
    const now = await lookAtMigration(deps, mover, id);
    if (isSo(now)) return now;
    await sleep(50);
  }
}
