import { setTimeout as sleep } from "node:timers/promises";
import { joinClients, type IdleClients } from "./idle-clients.ts";
import { residentBytes } from "./memory.ts";

/** So many, in each process, are opened before the first measurement: what the first of them need once (compiled code, connections to the
 * database, room for garbage) later ones don't need again. */
const FIRST_SESSIONS = 1_000;

export interface PerSession {
  /** Octets a session: what the processes take more than with the first sessions open, divided. */
  readonly bytes: number;
  /** What they take now altogether. */
  readonly totalBytes: number;
  /** All that are open. */
  readonly clients: IdleClients;
}

/** Measures what sessions cost some processes.
 * @param settleMs time for the garbage of opening them to be collected, before each measurement
 * @param open opens sessions `first` to `first + count - 1` */
export async function perSession(
  pids: readonly number[],
  settleMs: number,
  sessions: number,
  open: (first: number, count: number) => Promise<IdleClients>,
): Promise<PerSession> {
  const taken = (): number => pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
  const firsts = Math.min(FIRST_SESSIONS * pids.length, Math.floor(sessions / 2));
  const trial = await open(0, firsts);
  await trial.stop();
  const first = await open(0, firsts);
  await sleep(settleMs);
  const before = taken();
  const others = await open(firsts, sessions - firsts);
  await sleep(settleMs);
  const totalBytes = taken();
  return {
    bytes: (totalBytes - before) / (sessions - firsts),
    totalBytes,
    clients: { ...joinClients([first, others]), openedPerSecond: others.openedPerSecond },
  };
}
