import type { Context, MiddlewareHandler } from "hono";
import { isSupportToken, readSupportSession, supportActor } from "../../access/index.ts";
import { MailError } from "../../kernel/error.ts";
import { insertAudit } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { signedIn, type SignedInEnv } from "../middleware/authenticate.ts";
import { sessionToken } from "../middleware/cookie.ts";

/** Methods that only read. */
const READS = /^(?:Core\/echo|[A-Z][A-Za-z]*\/(?:get|query|changes|queryChanges|parse))$/;

/** Whether a method may be called by who may only read. */
export const isReading = (method: string): boolean => READS.test(method);

/** Lets in whom `signedIn` finds, and somebody of the operator's staff whom a mailbox was opened to: they are in its account, and only
 * read. @throws {MailError} as `signedIn`; forbidden: no mailbox was opened to them */
export function authenticateReader(deps: EdgeDeps): MiddlewareHandler<SignedInEnv> {
  return async (c, next) => {
    const token = c.req.header("authorization") === undefined ? sessionToken(c) : undefined;
    if (token === undefined || !isSupportToken(token)) {
      c.set("principal", await signedIn(c, deps, "jmap"));
      return next();
    }
    const holder = await readSupportSession(deps.tenancy, token);
    if (holder === null) throw new MailError("credentials_wrong", { why: "no session" });
    if (holder.mailbox === null) throw new MailError("forbidden", { why: "no mailbox is open" });
    c.set("principal", { tenantId: holder.tenantId, ...holder.mailbox });
    c.set("reader", { actor: supportActor(holder.support.operator), id: holder.support.id });
    return next();
  };
}

/** Writes into the log that the staff reads, before they do: its person sees it there. */
export function noteReading(deps: EdgeDeps): MiddlewareHandler<SignedInEnv> {
  return async (c: Context<SignedInEnv>, next) => {
    const reader = c.get("reader");
    if (reader !== undefined) {
      const { tenantId, address } = c.get("principal");
      const detail = { id: reader.id, what: c.req.path.startsWith("/jmap/download") ? "attachment" : "mail" };
      await deps.store.db.tenant(tenantId, (tx) =>
        insertAudit(tx, { actor: reader.actor, action: "support.read", subject: address, detail }),
      );
    }
    await next();
  };
}
