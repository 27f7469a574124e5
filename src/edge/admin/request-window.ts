import type { MiddlewareHandler } from "hono";
import { MailError } from "../../kernel/error.ts";
import type { Clock } from "../../kernel/ports.ts";
import type { EdgeDeps } from "../deps.ts";
import { clientOf } from "../middleware/authenticate.ts";
import { type AdminEnv, requesterOf } from "./access.ts";

const WINDOW_SECONDS = 60;
/** What a person at the pages or a program needs is far below. */
export const REQUESTS_PER_MINUTE = 600;
/** More than this many at once are forgotten together, and begin anew. */
const ACTORS_MAX = 100_000;

/** Requests of a minute, by who makes them. It lives in one process: with n processes somebody has n times as many. */
export class RequestWindows {
  readonly #clock: Clock;
  readonly #max: number;
  #counts = new Map<string, number>();
  #began = 0;

  constructor(clock: Clock, max = REQUESTS_PER_MINUTE) {
    this.#clock = clock;
    this.#max = max;
  }

  /** Counts one. @returns how many are left (below 0: this one is too many) and in how many seconds counting begins anew */
  count(actor: string): { readonly left: number; readonly seconds: number } {
    const now = this.#clock();
    if (now - this.#began >= WINDOW_SECONDS * 1000 || now < this.#began || this.#counts.size > ACTORS_MAX) {
      this.#counts = new Map();
      this.#began = now;
    }
    const count = (this.#counts.get(actor) ?? 0) + 1;
    this.#counts.set(actor, count);
    const seconds = Math.max(1, Math.ceil((this.#began + WINDOW_SECONDS * 1000 - now) / 1000));
    return { left: this.#max - count, seconds };
  }
}

/** Refuses who asks too often, and tells everybody what is left (draft-ietf-httpapi-ratelimit-headers). Clients on this machine aren't
 * counted, unless the operator wants that. @throws {MailError} rate_limited */
export function limitRequests(deps: EdgeDeps): MiddlewareHandler<AdminEnv> {
  const max = deps.apiRequestsPerMinute ?? REQUESTS_PER_MINUTE;
  const windows = new RequestWindows(deps.store.clock, max);
  return async (c, next) => {
    if (!clientOf(c, deps).isCounted) return next();
    const { left, seconds } = windows.count(requesterOf(c));
    c.set("told", {
      "ratelimit-policy": `"default";q=${max};w=${WINDOW_SECONDS}`,
      ratelimit: `"default";r=${Math.max(0, left)};t=${seconds}`,
    });
    if (left < 0) throw new MailError("rate_limited", { retryAfterMs: seconds * 1000 });
    return next();
  };
}
