import { createRoute } from "@hono/zod-openapi";
import { DkimStatus, RotateDkimNow } from "../../contract/dkim.ts";
import { MailError } from "../../kernel/error.ts";
import type { TenantId } from "../../kernel/id.ts";
import { normalizeDomain } from "../../protocol/address/index.ts";
import { dkimStatus, newSigning, rotateNow } from "../../signing/index.ts";
import { listDomains } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf } from "./access.ts";
import { requireOwnDomain } from "./own-addresses.ts";
import { inPath, json, maybeBody, needs, newApi, problems } from "./endpoint.ts";

const tags = ["Domains"];

/** @throws {MailError} invalid_input */
function domainOf(text: string): string {
  const domain = normalizeDomain(text);
  if (!domain.ok) throw new MailError("invalid_input", { errors: [{ field: "domain", code: "malformed" }] });
  return domain.value;
}

/** `/v1/domains/{domain}/dkim`: how the mail of a domain is signed, and what to enter in its DNS. A domain that is asked about for the
 * first time gets its keys. @throws {MailError} invalid_input, domain_unknown */
export const dkimRoutes = ({ store, tenancy, dnsZone }: EdgeDeps) => {
  const { db, clock } = store;
  const zone = dnsZone ?? tenancy.hostedDomain;
  const signing = newSigning({ db, keys: tenancy.keys, clock, zone });
  const statusOf = async (tenantId: TenantId, domain: string): Promise<DkimStatus> => {
    const found = (await db.tenant(tenantId, listDomains)).find((one) => one.name === domain);
    if (found === undefined) throw new MailError("domain_unknown", { domain });
    return dkimStatus(signing, tenantId, found, `reports.${tenancy.hostedDomain}`);
  };
  return newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/{domain}/dkim",
        tags,
        operationId: "readDkim",
        summary: "Tells how the mail of a domain is signed, and what its DNS must say",
        ...needs("domains:read"),
        request: inPath("domain"),
        responses: { 200: json(DkimStatus, "As it is now"), ...problems(400, 404) },
      }),
      async (c) => {
        const domain = domainOf(c.req.valid("param").domain);
        requireOwnDomain(c, domain);
        return c.json(await statusOf(c.get("principal").tenantId, domain), 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{domain}/dkim/rotate",
        tags,
        operationId: "rotateDkim",
        summary: "Changes the keys of a domain at once, since they may be in other hands",
        ...needs("domains:write", 1_024),
        request: { ...inPath("domain"), ...maybeBody(RotateDkimNow) },
        responses: { 202: json(DkimStatus, "It has begun"), ...problems(400, 404) },
      }),
      // The job `dkim-urgent` of the relay does what follows, within half a minute.
      async (c) => {
        const { tenantId, actor } = actorOf(c);
        const domain = domainOf(c.req.valid("param").domain);
        const { unseen } = RotateDkimNow.parse(c.req.valid("json"));
        await rotateNow(signing, tenantId, domain, { actor, unseen });
        return c.json(await statusOf(tenantId, domain), 202);
      },
    );
};
