import { Hono } from "hono";
import type { DkimStatus } from "../../contract/dkim.ts";
import { MailError } from "../../kernel/error.ts";
import { normalizeDomain } from "../../protocol/address/index.ts";
import { dkimStatus, newSigning } from "../../signing/index.ts";
import { listDomains } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";

/** `/v1/domains/{domain}/dkim`: how the mail of a domain is signed, and what to enter in its DNS. A domain that is asked about for the
 * first time gets its keys. @throws {MailError} invalid_input, domain_unknown */
export function dkimRoutes({ store, tenancy, dnsZone }: EdgeDeps): Hono<SignedInEnv> {
  const { db, clock } = store;
  const zone = dnsZone ?? tenancy.hostedDomain;
  const signing = newSigning({ db, keys: tenancy.keys, clock, zone });
  return new Hono<SignedInEnv>().get("/:domain/dkim", async (c) => {
    const { tenantId } = c.get("principal");
    const domain = normalizeDomain(c.req.param("domain"));
    if (!domain.ok)
      throw new MailError("invalid_input", { errors: [{ field: "domain", code: "malformed" }] });
    const found = (await db.tenant(tenantId, listDomains)).find((one) => one.name === domain.value);
    if (found === undefined) throw new MailError("domain_unknown", { domain: domain.value });
    const status = await dkimStatus(signing, tenantId, found, `reports.${tenancy.hostedDomain}`);
    return c.json(status satisfies DkimStatus);
  });
}
