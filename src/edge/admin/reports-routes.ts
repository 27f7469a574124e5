import { type Context, Hono } from "hono";
import { type DmarcOverview, ReportQuery, type TlsOverview } from "../../contract/reports.ts";
import { MailError } from "../../kernel/error.ts";
import { normalizeDomain } from "../../protocol/address/index.ts";
import { dmarcOverview, tlsOverview } from "../../reports/index.ts";
import { listDomains } from "../../tenants/index.ts";
import type { TenantTx } from "../../db/index.ts";
import type { EdgeDeps } from "../deps.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";

type Read<T> = (tx: TenantTx, query: ReportQuery, now: number) => Promise<T>;

/** `/v1/reports`: what others report of the agency's domains. @throws {MailError} invalid_input, domain_unknown */
export function reportsRoutes({ store }: EdgeDeps): Hono<SignedInEnv> {
  const answer = async <T>(c: Context<SignedInEnv>, read: Read<T>): Promise<T> => {
    const query = queryOf(c);
    return store.db.tenant(c.get("principal").tenantId, async (tx) => {
      const domains = await listDomains(tx);
      if (!domains.some((one) => one.name === query.domain && one.proven))
        throw new MailError("domain_unknown", { domain: query.domain });
      return read(tx, query, store.clock());
    });
  };
  return new Hono<SignedInEnv>()
    .get("/dmarc", async (c) => c.json((await answer(c, dmarcOverview)) satisfies DmarcOverview))
    .get("/tls", async (c) => c.json((await answer(c, tlsOverview)) satisfies TlsOverview));
}

function queryOf(c: Context<SignedInEnv>): ReportQuery {
  const parsed = ReportQuery.safeParse(c.req.query());
  if (!parsed.success)
    throw new MailError("invalid_input", {
      errors: parsed.error.issues.map((issue) => ({ field: issue.path.join("."), code: "malformed" })),
    });
  const domain = normalizeDomain(parsed.data.domain);
  if (!domain.ok) throw new MailError("invalid_input", { errors: [{ field: "domain", code: "malformed" }] });
  return { ...parsed.data, domain: domain.value };
}
