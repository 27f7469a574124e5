import { Hono } from "hono";
import {
  BulkHeld,
  type BulkHeldResult,
  DeleteHeld,
  type HeldDecision,
  type HeldDetail,
  type HeldList,
  HeldQuery,
} from "../../contract/quarantine.ts";
import { MailError } from "../../kernel/error.ts";
import {
  type Decider,
  deleteHeld,
  findHeld,
  HeldId,
  listHeld,
  readHeldHeader,
  releaseHeld,
} from "../../quarantine/index.ts";
import type { Principal } from "../../tenants/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";
import { heldId, heldQuery } from "../quarantine/held-request.ts";
import { heldItem, heldPage } from "../quarantine/held-item.ts";

const administrator = ({ address }: Principal): Decider => ({ accountId: null, name: address, by: "api" });

/** `/v1/quarantine`: what is held back in the agency, and what becomes of it. Nobody but its recipient reads the text of a message. */
export function quarantineRoutes({ store }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>()
    .get("/", heldQuery(HeldQuery), async (c) => {
      const query = c.req.valid("query");
      const list = await store.db.tenant(c.get("principal").tenantId, (tx) => listHeld(tx, null, query));
      return c.json(heldPage(list, query.limit) satisfies HeldList);
    })
    .post("/bulk", atMost(16_384), body(BulkHeld), async (c) => {
      const principal = c.get("principal");
      const { action, ids, asSpam } = c.req.valid("json");
      const results: BulkHeldResult["results"] = [];
      // One by one: each is a commit of its own, and one that can't be done keeps no other.
      for (const id of new Set(ids.map((one) => HeldId.parse(one)))) {
        try {
          const who = administrator(principal);
          const state =
            action === "release"
              ? await releaseHeld(store, principal.tenantId, who, id)
              : await deleteHeld(store, principal.tenantId, who, id, asSpam);
          results.push({ id, state, code: null });
        } catch (error) {
          if (!(error instanceof MailError) || error.code === "unavailable") throw error;
          results.push({ id, state: null, code: error.code });
        }
      }
      return c.json({ results } satisfies BulkHeldResult);
    })
    .get("/:id", async (c) => {
      const { tenantId } = c.get("principal");
      const id = heldId(c);
      const held = await store.db.tenant(tenantId, (tx) => findHeld(tx, null, id));
      if (held === undefined) throw new MailError("held_unknown", { id });
      const headers = await readHeldHeader(store, tenantId, held);
      const attachments = held.attachments.map((one) => ({ ...one }));
      return c.json({ ...heldItem(held), headers: [...headers], attachments } satisfies HeldDetail);
    })
    .post("/:id/release", atMost(16_384), async (c) => {
      const principal = c.get("principal");
      const id = heldId(c);
      const state = await releaseHeld(store, principal.tenantId, administrator(principal), id);
      return c.json({ id, state } satisfies HeldDecision);
    })
    .post("/:id/delete", atMost(16_384), body(DeleteHeld), async (c) => {
      const principal = c.get("principal");
      const id = heldId(c);
      const { asSpam } = c.req.valid("json");
      const state = await deleteHeld(store, principal.tenantId, administrator(principal), id, asSpam);
      return c.json({ id, state } satisfies HeldDecision);
    });
}
