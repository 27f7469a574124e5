import type { Clock, Log } from "../../src/kernel/ports.ts";
import type { Clamd } from "./clamd.ts";
import type { Rspamd } from "./rspamd.ts";

const PROBE_MS = 15_000;

/** How a scanner is, from what it answered last. */
export interface ScannerStatus {
  readonly name: "spam filter" | "virus scanner";
  /** off: none is set up. down: it is set up and does not answer. */
  readonly state: "on" | "off" | "down";
  readonly address: string | null;
  readonly version: string | null;
  /** milliseconds since the epoch; null: not yet */
  readonly checkedAt: number | null;
  readonly lastError: { readonly at: number; readonly text: string } | null;
}

type Kind = "spam" | "virus";

/** The scanners of a process. They are asked in the background how they are, so that it is known before a message comes. */
export class Scanners {
  readonly rspamd: Rspamd | null;
  readonly clamd: Clamd | null;
  readonly #deps: { readonly clock: Clock; readonly log: Log };
  readonly #status: Record<Kind, ScannerStatus>;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    deps: { readonly clock: Clock; readonly log: Log },
    set: { readonly rspamd: Rspamd | null; readonly clamd: Clamd | null },
  ) {
    this.#deps = deps;
    this.rspamd = set.rspamd;
    this.clamd = set.clamd;
    this.#status = {
      spam: fresh("spam filter", set.rspamd?.address ?? null),
      virus: fresh("virus scanner", set.clamd?.address ?? null),
    };
  }

  get status(): readonly ScannerStatus[] {
    return [this.#status.spam, this.#status.virus];
  }

  /** Asks each how it is, now. */
  async probe(): Promise<void> {
    const { rspamd, clamd } = this;
    await Promise.all([
      rspamd === null ? undefined : this.#learnVersion("spam", () => rspamd.version()),
      clamd === null ? undefined : this.#learnVersion("virus", () => clamd.version()),
    ]);
  }

  /** Runs something that a scanner does, and keeps what that says of it. @throws {ScannerError} */
  async run<T>(kind: Kind, work: () => Promise<T>): Promise<T> {
    const before = this.#status[kind];
    const at = this.#deps.clock();
    try {
      const value = await work();
      this.#status[kind] = { ...this.#status[kind], state: "on", checkedAt: at };
      if (before.state === "down") this.#deps.log.info("scanner_back", { scanner: before.name });
      return value;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#status[kind] = { ...this.#status[kind], state: "down", checkedAt: at, lastError: { at, text } };
      if (before.state !== "down") this.#deps.log.warn("scanner_down", { scanner: before.name, error: text });
      throw error;
    }
  }

  /** Probes now and then, until `stop`. */
  async start(): Promise<void> {
    await this.probe();
    this.#timer = setInterval(() => void this.probe(), PROBE_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.rspamd?.close();
  }

  async #learnVersion(kind: Kind, ask: () => Promise<string>): Promise<void> {
    try {
      const version = await this.run(kind, ask);
      this.#status[kind] = { ...this.#status[kind], version };
    } catch {
      // `run` has kept why
    }
  }
}

const fresh = (name: ScannerStatus["name"], address: string | null): ScannerStatus => ({
  name,
  state: address === null ? "off" : "down",
  address,
  version: null,
  checkedAt: null,
  lastError: null,
});
