import type { z } from "zod";
import type { JsonObject } from "../../protocol/jmap/index.ts";
import { printId } from "../../protocol/jmap/index.ts";
import type { Principal } from "../../tenants/index.ts";
import type { SendingClient } from "../../outbound/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { isLoopback } from "../middleware/attempt-limit.ts";

/** What the methods of one request share. */
export interface JmapContext {
  readonly deps: EdgeDeps;
  readonly principal: Principal;
  /** The account's JMAP id. */
  readonly accountId: string;
  /** creation id → JMAP id, of this request and of earlier ones that the client told about */
  readonly createdIds: Map<string, string>;
  /** Who asks, as the limits on sending see it. */
  readonly client: SendingClient;
  /** Somebody who may only read in the account. */
  readonly isReadOnly: boolean;
}

/** A response: usually one for a call, of the same name. */
export type Reply = readonly [name: string, args: JsonObject];

export interface Method {
  readonly name: string;
  /** The capability that the request must use. */
  readonly capability: string;
  /** @throws {JmapError} a method-level error   @throws {MailError} told by its `jmap` form in `WIRE` */
  run(context: JmapContext, args: JsonObject): Promise<readonly Reply[]>;
}

/** A method-level error (RFC 8620 §3.6.2). */
export class JmapError extends Error {
  override readonly name = "JmapError";
  readonly type: string;
  readonly extra: JsonObject;

  constructor(type: string, description?: string, extra: JsonObject = {}) {
    super(description ?? type);
    this.type = type;
    this.extra = description === undefined ? extra : { description, ...extra };
  }
}

/** Where the first finding is, in words for a client's developer. */
function findings(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join("/")}: ${issue.message}`)
    .join("; ");
}

/** A method on the account that is named in `accountId`.
 * @param run gives one response, or several with their names */
export function accountMethod<S extends z.ZodType<{ readonly accountId: string }>>(
  name: string,
  capability: string,
  args: S,
  run: (context: JmapContext, args: z.output<S>) => Promise<JsonObject | readonly Reply[]>,
): Method {
  return {
    name,
    capability,
    async run(context, given) {
      const parsed = args.safeParse(given);
      if (!parsed.success) throw new JmapError("invalidArguments", findings(parsed.error));
      // An account of somebody else is not told from one that doesn't exist.
      if (parsed.data.accountId !== context.accountId) throw new JmapError("accountNotFound");
      const result = await run(context, parsed.data);
      return isReplies(result) ? result : [[name, result]];
    },
  };
}

function isReplies(result: JsonObject | readonly Reply[]): result is readonly Reply[] {
  return Array.isArray(result);
}

/** The context of one request. @param ip of the client; undefined when the runtime can't tell */
export function newContext(
  deps: EdgeDeps,
  principal: Principal,
  createdIds: Readonly<Record<string, string>>,
  ip: string | undefined,
  isReadOnly = false,
): JmapContext {
  const accountId = printId("account", principal.accountId);
  const isLimited = ip === undefined || !isLoopback(ip) || deps.limitLoopback;
  const client = { ip: ip ?? null, isLimited, unknownRecipients: 0 };
  return { deps, principal, accountId, createdIds: new Map(Object.entries(createdIds)), client, isReadOnly };
}

/** An id as a client gives it: its own creation id with `#` in front stands for the id it got (RFC 8620 §5.3).
 * @returns undefined for a creation id that nothing was made for */
export function actualId(context: JmapContext, id: string): string | undefined {
  return id.startsWith("#") ? context.createdIds.get(id.slice(1)) : id;
}
