import { createRoute } from "@hono/zod-openapi";
import { DmarcOverview, ReportQuery, TlsOverview } from "../../contract/reports.ts";
import type { TenantTx } from "../../db/index.ts";
import { MailError } from "../../kernel/error.ts";
import type { TenantId } from "../../kernel/id.ts";
import { normalizeDomain } from "../../protocol/address/index.ts";
import { dmarcOverview, tlsOverview } from "../../reports/index.ts";
import { listDomains } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { json, needs, newApi, problems } from "./endpoint.ts";

const tags = ["Reports"];

type Read<T> = (tx: TenantTx, query: ReportQuery, now: number) => Promise<T>;

/** `/v1/reports`: what others report of the agency's domains. @throws {MailError} invalid_input, domain_unknown */
export const reportsRoutes = ({ store }: EdgeDeps) => {
  const answer = <T>(tenantId: TenantId, asked: ReportQuery, read: Read<T>): Promise<T> => {
    const domain = normalizeDomain(asked.domain);
    if (!domain.ok)
      throw new MailError("invalid_input", { errors: [{ field: "domain", code: "malformed" }] });
    const query = { ...asked, domain: domain.value };
    return store.db.tenant(tenantId, async (tx) => {
      const domains = await listDomains(tx);
      if (!domains.some((one) => one.name === query.domain && one.proven))
        throw new MailError("domain_unknown", { domain: query.domain });
      return read(tx, query, store.clock());
    });
  };
  return newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/dmarc",
        tags,
        operationId: "readDmarcReports",
        summary: "Tells what others report of mail in the name of a domain (DMARC)",
        ...needs("mail-flow:read"),
        request: { query: ReportQuery },
        responses: { 200: json(DmarcOverview, "All reports of these days together"), ...problems(400, 404) },
      }),
      async (c) =>
        c.json(await answer(c.get("principal").tenantId, c.req.valid("query"), dmarcOverview), 200),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/tls",
        tags,
        operationId: "readTlsReports",
        summary: "Tells what others report of TLS with the mail servers of a domain",
        ...needs("mail-flow:read"),
        request: { query: ReportQuery },
        responses: { 200: json(TlsOverview, "All reports of these days together"), ...problems(400, 404) },
      }),
      async (c) => c.json(await answer(c.get("principal").tenantId, c.req.valid("query"), tlsOverview), 200),
    );
};
