import { Hono } from "hono";
import { type DkimStatus, RotateDkimNow } from "../../contract/dkim.ts";
import { MailError } from "../../kernel/error.ts";
import type { TenantId } from "../../kernel/id.ts";
import { normalizeDomain } from "../../protocol/address/index.ts";
import { dkimStatus, newSigning, rotateNow } from "../../signing/index.ts";
import { listDomains } from "../../tenants/index.ts";
import { atMost, body } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";

/** @throws {MailError} invalid_input */
function domainOf(text: string): string {
  const domain = normalizeDomain(text);
  if (!domain.ok) throw new MailError("invalid_input", { errors: [{ field: "domain", code: "malformed" }] });
  return domain.value;
}

/** `/v1/domains/{domain}/dkim`: how the mail of a domain is signed, and what to enter in its DNS. A domain that is asked about for the
 * first time gets its keys. @throws {MailError} invalid_input, domain_unknown */
export function dkimRoutes({ store, tenancy, dnsZone }: EdgeDeps): Hono<SignedInEnv> {
  const { db, clock } = store;
  const zone = dnsZone ?? tenancy.hostedDomain;
  const signing = newSigning({ db, keys: tenancy.keys, clock, zone });
  const statusOf = async (tenantId: TenantId, domain: string): Promise<DkimStatus> => {
    const found = (await db.tenant(tenantId, listDomains)).find((one) => one.name === domain);
    if (found === undefined) throw new MailError("domain_unknown", { domain });
    return dkimStatus(signing, tenantId, found, `reports.${tenancy.hostedDomain}`);
  };
  return (
    new Hono<SignedInEnv>()
      .get("/:domain/dkim", async (c) => {
        const { tenantId } = c.get("principal");
        return c.json(await statusOf(tenantId, domainOf(c.req.param("domain"))));
      })
      // The job `dkim-urgent` of the relay does what follows, within half a minute.
      .post("/:domain/dkim/rotate", atMost(1_024), body(RotateDkimNow), async (c) => {
        const { tenantId, address: actor } = c.get("principal");
        const domain = domainOf(c.req.param("domain"));
        await rotateNow(signing, tenantId, domain, { actor, ...c.req.valid("json") });
        return c.json(await statusOf(tenantId, domain), 202);
      })
  );
}
