import type { SignInProtocol } from "../contract/security.ts";
import type { Db } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import type { Clock } from "../kernel/ports.ts";
import { type SignInClient, placesOf } from "./sign-in-places.ts";
import { type SignInTally, upsertSignIns } from "./sign-in.store.ts";

const HOUR_MS = 3_600_000;
/** How long sign-ins are collected before they are written. */
const WRITE_AFTER_MS = 5_000;
/** More are not kept in memory: those that come after are not written down, and nobody waits for it. */
const PENDING_MAX = 20_000;
/** Lines of failures of one agency and hour that one process writes: somebody who tries every address from everywhere fills no disk. */
const FAILURES_MAX = 200;

export interface SignInNote {
  readonly tenantId: TenantId;
  /** canonical */
  readonly address: string;
  readonly client: SignInClient;
  /** what signed in by HTTP */
  readonly isWeb: boolean;
  readonly succeeded: boolean;
}

interface Pending extends SignInTally {
  readonly tenantId: TenantId;
}

/** Writes down who has signed in from where. A sign-in waits for nothing: what is noted is written some seconds later, many in one
 * statement, and a process that dies takes those seconds with it. */
export class SignInLog {
  readonly #db: Db;
  readonly #clock: Clock;
  #pending = new Map<string, Pending>();
  #failures = { hour: 0, lines: new Map<TenantId, number>() };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor({ db, clock }: { db: Db; clock: Clock }) {
    this.#db = db;
    this.#clock = clock;
  }

  note({ tenantId, address, client, isWeb, succeeded }: SignInNote): void {
    const now = this.#clock();
    const hour = now - (now % HOUR_MS);
    const protocol: SignInProtocol = client.protocol === "http" ? (isWeb ? "web" : "jmap") : client.protocol;
    const { network } = placesOf(client.ip);
    const key = [tenantId, address, hour, protocol, network, succeeded].join("\0");
    const there = this.#pending.get(key);
    if (there === undefined && !this.#hasRoom(tenantId, hour, succeeded)) return;
    const { firstAt, count } = there ?? { firstAt: now, count: 0 };
    const tally = { tenantId, address, protocol, network, succeeded, hour, firstAt };
    this.#pending.set(key, { ...tally, lastAt: now, count: count + 1 });
    this.#later();
  }

  #hasRoom(tenantId: TenantId, hour: number, succeeded: boolean): boolean {
    if (this.#pending.size >= PENDING_MAX) return false;
    if (succeeded) return true;
    if (this.#failures.hour !== hour) this.#failures = { hour, lines: new Map() };
    const lines = this.#failures.lines.get(tenantId) ?? 0;
    this.#failures.lines.set(tenantId, lines + 1);
    return lines < FAILURES_MAX;
  }

  #later(): void {
    if (this.#timer !== undefined) return;
    // A bug in the statement must not end the process: it shows where flush is awaited.
    this.#timer = setTimeout(() => void this.flush().catch(() => undefined), WRITE_AFTER_MS);
    // Nothing stays alive for this; whoever ends in order calls flush. workerd has no such timers.
    const timer: unknown = this.#timer;
    if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
      timer.unref();
  }

  /** Writes what has been noted so far. What can't be written now is written with what comes next. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const writing = this.#writing.then(() => this.#write());
    this.#writing = writing.catch(() => undefined);
    await writing;
  }

  async #write(): Promise<void> {
    const pending = this.#pending;
    this.#pending = new Map();
    const byTenant = Map.groupBy(pending.entries(), ([, one]) => one.tenantId);
    for (const [tenantId, entries] of byTenant)
      try {
        const tallies = entries.map(([, one]) => one);
        await this.#db.tenant(tenantId, (tx) => upsertSignIns(tx, tallies));
      } catch (error) {
        if (!(error instanceof MailError)) throw error;
        for (const [key, one] of entries) this.#keep(key, one);
      }
  }

  #keep(key: string, one: Pending): void {
    const newer = this.#pending.get(key);
    if (newer === undefined && this.#pending.size >= PENDING_MAX) return;
    const { lastAt, count } = newer ?? { lastAt: one.lastAt, count: 0 };
    this.#pending.set(key, { ...one, lastAt, count: one.count + count });
  }
}
