import { Hono } from "hono";
import {
  PASSWORD_MIN_LENGTH,
  type SignupConfig,
  type SignupCreated,
  SignupProposalRequest,
  SignupRequest,
} from "../../contract/signup.ts";
import { openWebSession, proposeSignup, signUp } from "../../tenants/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import { deviceOf } from "../middleware/authenticate.ts";
import { setSessionToken } from "../middleware/cookie.ts";
import type { Limits } from "../middleware/limits.ts";
import { sameOrigin } from "../middleware/same-origin.ts";

/** `/signup`: a new agency, its first person and their mailbox. */
export function signupRoutes(deps: EdgeDeps, limits: Limits): Hono {
  const { tenancy, log } = deps;
  return new Hono()
    .get("/config", (c) =>
      c.json({
        hostedDomain: tenancy.hostedDomain,
        passwordMinLength: PASSWORD_MIN_LENGTH,
      } satisfies SignupConfig),
    )
    .post("/proposal", sameOrigin, atMost(16_384), body(SignupProposalRequest), async (c) => {
      limits.proposal(c);
      return c.json(await proposeSignup(tenancy, c.req.valid("json")));
    })
    .post("/", sameOrigin, atMost(16_384), body(SignupRequest), async (c) => {
      limits.signUp(c);
      const principal = await signUp(tenancy, c.req.valid("json"));
      setSessionToken(c, await openWebSession(tenancy, principal, deviceOf(c, deps)));
      log.info("signup.done", { tenantId: principal.tenantId, accountId: principal.accountId });
      c.header("cache-control", "no-store");
      return c.json({ address: principal.address } satisfies SignupCreated, 201);
    });
}
