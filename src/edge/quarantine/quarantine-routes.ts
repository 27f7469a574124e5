import { Hono } from "hono";
import {
  DeleteHeld,
  type HeldDecision,
  type HeldLink,
  HeldLinkRequest,
  type HeldList,
  OwnHeldQuery,
} from "../../contract/quarantine.ts";
import { MailError } from "../../kernel/error.ts";
import {
  type Decider,
  deleteHeld,
  findHeld,
  type Held,
  type HeldLinkClaim,
  listHeld,
  readLink,
  releaseHeld,
  userMayRelease,
} from "../../quarantine/index.ts";
import type { Principal } from "../../tenants/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import { authenticate, type SignedInEnv } from "../middleware/authenticate.ts";
import type { Limits } from "../middleware/limits.ts";
import { sameOrigin } from "../middleware/same-origin.ts";
import { heldPage } from "./held-item.ts";
import { heldId, heldQuery } from "./held-request.ts";

/** `/quarantine`: what is held for oneself, and the links in digests, which work without signing in. */
export function quarantineRoutes(deps: EdgeDeps, limits: Limits): Hono {
  const app = new Hono();
  app.use(sameOrigin);
  app.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
  });
  app.route("/messages", ownRoutes(deps));
  app.route("/link", linkRoutes(deps, limits));
  return app;
}

const recipient = ({ accountId, address }: Principal): Decider => ({ accountId, name: address, by: "web" });

function ownRoutes(deps: EdgeDeps): Hono<SignedInEnv> {
  const { store } = deps;
  const app = new Hono<SignedInEnv>();
  app.use(authenticate(deps, "web"));
  return app
    .get("/", heldQuery(OwnHeldQuery), async (c) => {
      const { tenantId, accountId } = c.get("principal");
      const query = c.req.valid("query");
      const list = await store.db.tenant(tenantId, (tx) => listHeld(tx, accountId, query));
      return c.json(heldPage(list, query.limit) satisfies HeldList);
    })
    .post("/:id/release", atMost(16_384), async (c) => {
      const principal = c.get("principal");
      const id = heldId(c);
      const state = await releaseHeld(store, principal.tenantId, recipient(principal), id);
      return c.json({ id, state } satisfies HeldDecision);
    })
    .post("/:id/delete", atMost(16_384), body(DeleteHeld), async (c) => {
      const principal = c.get("principal");
      const id = heldId(c);
      const { asSpam } = c.req.valid("json");
      const state = await deleteHeld(store, principal.tenantId, recipient(principal), id, asSpam);
      return c.json({ id, state } satisfies HeldDecision);
    });
}

/** The token comes in the body: what stands behind the `#` of the link reaches no log, and what only fetches the link decides nothing. */
function linkRoutes({ store, tenancy }: EdgeDeps, limits: Limits): Hono {
  /** @throws {MailError} link_invalid, link_expired */
  const read = async (token: string): Promise<{ claim: HeldLinkClaim; held: Held }> => {
    const claim = await readLink(tenancy.keys, token, store.clock());
    const held = await store.db.tenant(claim.tenantId, (tx) => findHeld(tx, claim.accountId, claim.id));
    if (held === undefined) throw new MailError("link_invalid");
    return { claim, held };
  };
  return new Hono()
    .post("/", atMost(16_384), body(HeldLinkRequest), async (c) => {
      limits.heldLink(c);
      const { claim, held } = await read(c.req.valid("json").token);
      return c.json({
        action: claim.action,
        state: held.state,
        recipient: held.address,
        sender: held.sender,
        subject: held.subject,
        receivedAt: new Date(held.receivedAt).toISOString(),
        expiresAt: new Date(held.expiresAt).toISOString(),
        reasons: [...held.reasons],
        userMayRelease: userMayRelease(held),
      } satisfies HeldLink);
    })
    .post("/use", atMost(16_384), body(HeldLinkRequest), async (c) => {
      limits.heldLink(c);
      const { claim, held } = await read(c.req.valid("json").token);
      const { tenantId, accountId, id, action } = claim;
      const who: Decider = { accountId, name: held.address, by: "link" };
      const state =
        action === "release"
          ? await releaseHeld(store, tenantId, who, id)
          : await deleteHeld(store, tenantId, who, id);
      return c.json({ id, state } satisfies HeldDecision);
    });
}
