import { Hono } from "hono";
import { type Group, GroupChange, type GroupDetail, NewGroup, NewMembers } from "../../contract/addresses.ts";
import {
  addGroup,
  addMembers,
  changeGroup,
  listGroups,
  readGroup,
  removeGroup,
  removeMember,
} from "../../tenants/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";
import { changerOf } from "./changer-of.ts";

/** `/v1/groups`: addresses whose mail many have. */
export function groupsRoutes({ store, tenancy }: EdgeDeps): Hono<SignedInEnv> {
  return new Hono<SignedInEnv>()
    .get("/", async (c) => {
      const groups = await store.db.tenant(c.get("principal").tenantId, (tx) => listGroups(tx));
      return c.json({ groups } satisfies { groups: Group[] });
    })
    .post("/", atMost(16_384), body(NewGroup), async (c) => {
      const wanted = c.req.valid("json");
      const address = await addGroup(tenancy, changerOf(c), wanted);
      return c.json({ ...wanted, address, members: 0 } satisfies Group, 201);
    })
    .get("/:address", async (c) => {
      const { tenantId } = c.get("principal");
      const group = await store.db.tenant(tenantId, (tx) => readGroup(tx, c.req.param("address")));
      return c.json(group satisfies GroupDetail);
    })
    .patch("/:address", atMost(16_384), body(GroupChange), async (c) => {
      await changeGroup(tenancy, changerOf(c), c.req.param("address"), c.req.valid("json"));
      return c.body(null, 204);
    })
    .delete("/:address", async (c) => {
      await removeGroup(tenancy, changerOf(c), c.req.param("address"));
      return c.body(null, 204);
    })
    .post("/:address/members", atMost(4_194_304), body(NewMembers), async (c) => {
      const { members } = c.req.valid("json");
      const added = await addMembers(tenancy, changerOf(c), c.req.param("address"), members);
      return c.json({ added }, 201);
    })
    .delete("/:address/members/:member", async (c) => {
      await removeMember(tenancy, changerOf(c), c.req.param("address"), c.req.param("member"));
      return c.body(null, 204);
    });
}
