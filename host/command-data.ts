import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../src/kernel/ports.ts";
import type { Config } from "./config.ts";
import { openDataDir } from "./data-dir.ts";
import { openDatabase } from "./database.ts";
import { findRunningPostgres } from "./embedded-postgres.ts";
import { type Lock, Locked, takeLock } from "./lock.ts";
import { loadMasterKey } from "./master-key.ts";

/** How long the system may take to start its PostgreSQL while a command waits for it. */
const SYSTEM_PATIENCE_MS = 60_000;
/** How long another command may work: an import of some thousand people takes a minute. */
const COMMAND_PATIENCE_MS = 600_000;
const POLL_MS = 100;

/** What a command of the operator's works on. */
export interface CommandData extends AsyncDisposable {
  /** Logs in as the application. */
  readonly appUrl: string;
  readonly masterKey: Uint8Array<ArrayBuffer>;
}

/** Opens the database for a command: the one of the running system, else our own for as long as the command runs.
 * Commands without a running system take turns.
 * @param say tells the operator why it takes a while   @throws {Error} for the operator */
export async function openForCommand(
  config: Pick<Config, "dataDir" | "database" | "masterKey">,
  log: Log,
  say: (line: string) => void,
): Promise<CommandData> {
  openDataDir(config.dataDir);
  const { key: masterKey } = loadMasterKey(config);
  const found = config.database === undefined ? await systemOrLock(config.dataDir, say) : undefined;
  if (found !== undefined && "appUrl" in found)
    return { appUrl: found.appUrl, masterKey, [Symbol.asyncDispose]: () => Promise.resolve() };
  try {
    const database = await openDatabase(config, masterKey, log);
    const close = async (): Promise<void> => {
      await database.stop();
      found?.release();
    };
    return { appUrl: database.appUrl, masterKey, [Symbol.asyncDispose]: close };
  } catch (error) {
    found?.release();
    throw error;
  }
}

/** The running system's database; or the lock on the data folder when nothing runs. */
async function systemOrLock(
  dataDir: string,
  say: (line: string) => void,
): Promise<{ readonly appUrl: string } | Lock> {
  const began = Date.now();
  for (let told = false; ;) {
    try {
      return takeLock(dataDir, "command");
    } catch (error) {
      if (!(error instanceof Locked)) throw error;
      const usable = error.holder === "system" && error.ready;
      const running = usable ? findRunningPostgres(dataDir) : undefined;
      if (running !== undefined) return running;
      const waited = Date.now() - began;
      if (waited > (error.holder === "system" ? SYSTEM_PATIENCE_MS : COMMAND_PATIENCE_MS)) throw error;
      if (waited > 1_000 && !told) {
        say(`${error.message} Waiting for it …`);
        told = true;
      }
    }
    await sleep(POLL_MS);
  }
}
