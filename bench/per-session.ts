import { setTimeout as sleep } from "node:timers/promises";
import type { IdleClients } from "./idle-clients.ts";
import { residentBytes } from "./memory.ts";

/** So many are opened and closed first: what a process takes for the first of them (compiled code, connections to the database)
 * it does not take again. */
export const WARM_SESSIONS = 300;

export interface PerSession {
  /** Octets a session: what the processes take more than before, divided. */
  readonly bytes: number;
  /** What they take now altogether. */
  readonly totalBytes: number;
  readonly clients: IdleClients;
}

/** Measures what sessions cost some processes.
 * @param settleMs time for the garbage of opening them to be collected, before each measurement
 * @param open opens so many, or those of the warm-up */
export async function perSession(
  pids: readonly number[],
  settleMs: number,
  count: number,
  open: (count: number | undefined) => Promise<IdleClients>,
): Promise<PerSession> {
  const taken = (): number => pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
  const warm = await open(undefined);
  await warm.stop();
  await sleep(settleMs);
  const before = taken();
  const clients = await open(count);
  await sleep(settleMs);
  const totalBytes = taken();
  return { bytes: (totalBytes - before) / count, totalBytes, clients };
}
