import type { Log } from "../src/kernel/ports.ts";

/** Ctrl-C reaches us from the terminal and from npm at once; only a later signal is a second one. */
const ONE_SIGNAL_MS = 1_000;
/** How long all services together may take to end what is under way: 50,000 sessions that move elsewhere do so over 20 seconds. */
const PATIENCE_MS = 30_000;

/** The process was told to stop while it started. */
class Stopped extends Error {
  override readonly name = "Stopped";
}

/** What must be closed when the process ends, and the reasons for which it ends. */
export class Closing {
  /** Set when there is one. */
  log: Log | undefined;
  /** True from the moment that the process was told to stop. */
  begun = false;
  readonly #steps: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  #end: (code: number) => void = () => undefined;
  #signalledAt = 0;

  /** Registers what is closed before everything that was registered earlier. */
  add(name: string, close: () => Promise<void> | void): void {
    this.#steps.push({ name, close });
  }

  /** Ends a start that is under way. @throws when the process was told to stop */
  check(): void {
    if (this.begun) throw new Stopped("stopped");
  }

  /** Runs `start`, waits until the process shall end, closes all in reverse, and ends the process: 0 when it was told to,
   * 1 when it could not start or a bug stopped it. A second signal ends it at once. */
  async around(start: (closing: Closing) => Promise<void>): Promise<never> {
    const ended = new Promise<number>((resolve) => (this.#end = resolve));
    this.#watch();
    let code: number;
    try {
      await start(this);
      code = await ended;
    } catch (error) {
      code = error instanceof Stopped ? 0 : 1;
      if (!(error instanceof Stopped)) {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        this.log?.error("start_failed", { error });
      }
    }
    this.begun = true;
    await this.#closeAll();
    process.exit(code);
  }

  async #closeAll(): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    for (const { name, close } of this.#steps.toReversed()) {
      try {
        // PostgreSQL limits itself; everything that stands on it has the time that is left.
        if (name === "postgres") await close();
        else await within(Math.max(until - Date.now(), 100), close());
      } catch (error) {
        this.log?.error("stop_failed", { name, error });
      }
    }
  }

  #watch(): void {
    const stop = (reason: string, code: number): void => {
      this.begun = true;
      this.log?.info("stopping", { reason });
      this.#end(code);
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => {
        const now = Date.now();
        if (this.#signalledAt === 0) this.#signalledAt = now;
        else if (now - this.#signalledAt > ONE_SIGNAL_MS) process.exit(130);
        stop(signal, 0);
      });
    // scripts/start.mjs, which started us, is gone: so is whoever could stop us.
    if (process.connected) process.on("disconnect", () => stop("parent is gone", 0));
    for (const event of ["uncaughtException", "unhandledRejection"] as const)
      process.on(event, (error: unknown) => {
        this.log?.error(event, { error });
        process.stderr.write(
          `Angelia stops because of a fault: ${error instanceof Error ? error.stack : String(error)}\n`,
        );
        stop(event, 1);
      });
  }
}

async function within(ms: number, work: Promise<void> | void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
