import { join } from "node:path";
import { pino } from "pino";
import type { Log } from "../src/kernel/ports.ts";
import type { Config } from "./config.ts";

/** The log of one process: one JSON line an event, `{"level":"info","time":"…","event":"…",…}`. */
export interface HostLog extends Log {
  /** Where the lines go, for the operator. */
  readonly place: string;
  /** Writes what is still in memory; for the last moment of the process. */
  flush(): void;
}

/** Lines go to `<data dir>/angelia.log`, so that the console ends with `ready <url>`; ANGELIA_LOG sends them elsewhere. */
export function openLog({ log: target, dataDir }: Pick<Config, "log" | "dataDir">): HostLog {
  const file = join(dataDir, "angelia.log");
  const place = target === "file" ? file : target;
  const sink = pino.destination({
    dest: target === "file" ? file : target === "stdout" ? 1 : 2,
    append: true,
    mode: 0o600,
    sync: false,
    // A line a message would be a system call on another thread each; a line shows after at most this many milliseconds.
    minLength: 8_192,
    periodicFlush: 250,
  });
  const logger = pino(
    {
      base: { pid: process.pid },
      messageKey: "event",
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describe },
    },
    sink,
  );
  return {
    place,
    info: (event, fields = {}) => logger.info(fields, event),
    warn: (event, fields = {}) => logger.warn(fields, event),
    error: (event, fields = {}) => logger.error(fields, event),
    flush: () => sink.flushSync(),
  };
}

/** What of an error may stand in a log. PostgreSQL's errors also carry the values of the row (`detail`, `where`): not those. */
function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const cause = error.cause === undefined ? {} : { cause: describe(error.cause) };
  const code = "code" in error ? { code: error.code } : {};
  return { name: error.name, message: error.message, ...code, ...cause, stack: error.stack };
}
