import postgres from "postgres";
import { Db } from "./db.ts";

export interface OpenDbOptions {
  /** Logs in as `angelia_app`. */
  readonly url: string;
  /** Connections at most. */
  readonly max?: number;
  /** How long a caller waits for one of them, in milliseconds. */
  readonly waitMs?: number;
}

/** A pool of connections, opened on first use. */
export function openDb({ url, max = 10, waitMs }: OpenDbOptions): Db {
  return new Db(
    postgres(url, {
      max,
      fetch_types: true,
      connect_timeout: 5,
      idle_timeout: 0,
      max_lifetime: null,
      // A restart of PostgreSQL is noticed within half a second; until then callers get an error at once.
      backoff: (attempt) => Math.min(0.05 * 2 ** attempt, 0.5),
      onnotice: () => undefined,
      connection: { application_name: "angelia" },
      types: {
        // Sizes, UIDs and change counters stay far below 2^53.
        int8: { to: 20, from: [20], serialize: String, parse: Number },
      },
    }),
    waitMs,
  );
}
