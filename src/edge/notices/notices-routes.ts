import { Hono } from "hono";
import type { PublicBranding } from "../../contract/branding.ts";
import type { ServiceStatus } from "../../contract/notices.ts";
import { MailError } from "../../kernel/error.ts";
import type { TenantId } from "../../kernel/id.ts";
import { logoOf, publicBranding, readServiceStatus } from "../../notices/index.ts";
import { normalizeAddress } from "../../protocol/address/index.ts";
import { findTenant, type Tenancy } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import type { Limits } from "../middleware/limits.ts";
import { DOWNLOAD_HEADERS } from "../middleware/page-policy.ts";

const MINUTE_S = 60;

/** The tenant of an address, by its domain alone: nothing tells whether there is such a person. */
async function tenantOfAddress({ domains }: Tenancy, address: string): Promise<TenantId | undefined> {
  const parsed = normalizeAddress(address.trim());
  const domain = parsed.ok ? parsed.value.slice(parsed.value.lastIndexOf("@") + 1) : "";
  return (await domains.tenantsOf([domain])).get(domain);
}

const OURS: PublicBranding = { name: "Angelia", colour: null, greeting: "", helpText: "", logoUrl: null };

/** What everybody may see: how the service is, and how an agency's sign-in page looks. */
export function noticesRoutes({ store, tenancy }: EdgeDeps, limits: Limits): Hono {
  return new Hono()
    .get("/service-status", async (c) => {
      c.header("cache-control", "public, max-age=30");
      return c.json((await readServiceStatus(store)) satisfies ServiceStatus);
    })
    .get("/branding", async (c) => {
      limits.proposal(c);
      const { agency, address } = c.req.query();
      c.header("cache-control", `private, max-age=${MINUTE_S}`);
      if (agency !== undefined)
        return c.json(
          (await publicBranding(tenancy, await findTenant(tenancy, agency))) satisfies PublicBranding,
        );
      const tenantId = address === undefined ? undefined : await tenantOfAddress(tenancy, address);
      return c.json(tenantId === undefined ? OURS : await publicBranding(tenancy, tenantId));
    })
    .get("/branding/logo/:slug", async (c) => {
      limits.proposal(c);
      const logo = await logoOf(tenancy, await findTenant(tenancy, c.req.param("slug")));
      // Its address changes with it.
      const isCurrent = c.req.query("v") === logo.mark;
      return c.body(logo.bytes, 200, {
        ...DOWNLOAD_HEADERS,
        "content-type": logo.type,
        "cache-control": isCurrent ? "public, max-age=31536000, immutable" : "public, max-age=60",
      });
    })
    .get("/branding/*", () => {
      throw new MailError("blob_unknown");
    });
}
