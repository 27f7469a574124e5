import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  Applied,
  ApplyRequest,
  DomainChange,
  DomainConnectLink,
  DomainConnectRequest,
  DomainDetail,
  DomainPage,
  NewDomain,
  Plan,
  PlanRequest,
  PrimaryChanged,
  SendInstructions,
} from "../../contract/domains.ts";
import { PageQuery } from "../../contract/paging.ts";
import {
  applyPlan,
  changeDomain,
  checkNow,
  claimDomain,
  describeDetail,
  describeDomain,
  domainConnectLink,
  listDomainPage,
  makePrimary,
  type OwnDomain,
  planDomain,
  readDomain,
  removeDomain,
  sendInstructions,
  shownRecords,
  zoneSnippet,
} from "../../domains/index.ts";
import { MailError } from "../../kernel/error.ts";
import type { EdgeDeps } from "../deps.ts";
import { actorOf, type AdminEnv, personOf } from "./access.ts";
import { pageAfter, readCursor, TextKey } from "./cursor.ts";
import { inPath, json, jsonBody, needs, newApi, nothing, problems } from "./endpoint.ts";
import type { Context } from "hono";

const tags = ["Domains"];
const path = { params: inPath("name").params };
const named = "/{name}";

/** Who looks after some domains sees these. @throws {MailError} domain_unknown */
const visible = (c: Context<AdminEnv>, domain: OwnDomain): OwnDomain => {
  const { domains: only } = c.get("access");
  if (only !== null && !only.includes(domain.name))
    throw new MailError("domain_unknown", { domain: domain.name });
  return domain;
};

/** `/v1/domains`: an agency's own domains, and what their DNS says. */
export const domainsRoutes = ({ domains }: EdgeDeps) => {
  const read = async (c: Context<AdminEnv>, name: string): Promise<OwnDomain> =>
    visible(c, await readDomain(domains, actorOf(c).tenantId, name));
  const detail = (c: Context<AdminEnv>, domain: OwnDomain): Promise<DomainDetail> =>
    describeDetail(domains, visible(c, domain));
  return newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/",
        tags,
        operationId: "listDomains",
        summary: "Lists the domains of the agency",
        ...needs("domains:read"),
        request: { query: PageQuery },
        responses: { 200: json(DomainPage, "A page of them, by name"), ...problems(400) },
      }),
      async (c) => {
        const { limit, cursor } = c.req.valid("query");
        const [after = ""] = readCursor(cursor, TextKey) ?? [];
        const only = c.get("access").domains;
        const rows = await listDomainPage(domains, actorOf(c).tenantId, { after, limit: limit + 1, only });
        const { items, nextCursor } = pageAfter(rows, limit, (row) => [row.name]);
        return c.json({ items: items.map((one) => describeDomain(domains, one)), nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/",
        tags,
        operationId: "addDomain",
        summary: "Says that a domain is the agency's own",
        description: "Nothing is reserved by that, and no mail comes before the DNS shows it.",
        ...needs("domains:write"),
        request: jsonBody(NewDomain),
        responses: { 201: json(DomainDetail, "It, looked at once"), ...problems(400, 409) },
      }),
      async (c) => {
        const domain = await claimDomain(domains, actorOf(c), c.req.valid("json").name);
        return c.json(await describeDetail(domains, domain), 201);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: named,
        tags,
        operationId: "getDomain",
        summary: "Tells what the DNS of a domain says, and what it should say",
        ...needs("domains:read"),
        request: path,
        responses: { 200: json(DomainDetail, "It"), ...problems(404) },
      }),
      async (c) => c.json(await detail(c, await read(c, c.req.valid("param").name)), 200),
    )
    .openapi(
      createRoute({
        method: "patch",
        path: named,
        tags,
        operationId: "changeDomain",
        summary: "Says what others do with mail that fails, and how strictly they use TLS",
        ...needs("domains:write"),
        request: { ...path, ...jsonBody(DomainChange) },
        responses: { 200: json(DomainDetail, "It"), ...problems(400, 404) },
      }),
      async (c) => {
        const change = c.req.valid("json");
        return c.json(
          await detail(c, await changeDomain(domains, actorOf(c), c.req.valid("param").name, change)),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: named,
        tags,
        operationId: "removeDomain",
        summary: "Gives a domain up that no address is in",
        ...needs("domains:write"),
        request: path,
        responses: { 204: nothing("It is gone"), ...problems(404, 409) },
      }),
      async (c) => {
        await removeDomain(domains, actorOf(c), c.req.valid("param").name);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: `${named}/check`,
        tags,
        operationId: "checkDomain",
        summary: "Looks at the DNS of a domain now",
        ...needs("domains:read"),
        request: path,
        responses: { 200: json(DomainDetail, "It, as it is now"), ...problems(404) },
      }),
      async (c) =>
        c.json(
          await detail(
            c,
            await checkNow(domains, actorOf(c).tenantId, (await read(c, c.req.valid("param").name)).name),
          ),
          200,
        ),
    )
    .openapi(
      createRoute({
        method: "get",
        path: `${named}/zone`,
        tags,
        operationId: "getDomainZone",
        summary: "Gives the records of a domain as lines of a zone file",
        ...needs("domains:read"),
        request: path,
        responses: {
          200: { description: "The lines", content: { "text/plain": { schema: z.string() } } },
          ...problems(404),
        },
      }),
      async (c) => {
        const domain = await read(c, c.req.valid("param").name);
        return c.text(zoneSnippet(domain.name, shownRecords(domains.settings, domain)), 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: `${named}/domain-connect`,
        tags,
        operationId: "connectDomain",
        summary: "Tells where the DNS provider enters the records itself",
        ...needs("domains:write"),
        request: { ...path, ...jsonBody(DomainConnectRequest) },
        responses: { 200: json(DomainConnectLink, "Where the browser goes"), ...problems(400, 404, 409) },
      }),
      async (c) => {
        const { name } = c.req.valid("param");
        return c.json(await domainConnectLink(domains, actorOf(c), name, c.req.valid("json")), 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: `${named}/plan`,
        tags,
        operationId: "planDomain",
        summary: "Tells what would change at the DNS provider",
        description: "The token is used for this request, and kept nowhere.",
        ...needs("domains:write"),
        request: { ...path, ...jsonBody(PlanRequest) },
        responses: { 200: json(Plan, "What would change"), ...problems(400, 404, 422) },
      }),
      async (c) => {
        const { name } = c.req.valid("param");
        return c.json(await planDomain(domains, actorOf(c), name, c.req.valid("json")), 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: `${named}/apply`,
        tags,
        operationId: "applyDomainPlan",
        summary: "Changes the records at the DNS provider as a plan said",
        description: "The token is used for this request, and kept nowhere.",
        ...needs("domains:write"),
        request: { ...path, ...jsonBody(ApplyRequest) },
        responses: { 200: json(Applied, "What changed, and the domain"), ...problems(400, 404, 409, 422) },
      }),
      async (c) => {
        const { name } = c.req.valid("param");
        const changed = await applyPlan(domains, actorOf(c), name, c.req.valid("json"));
        const domain = await detail(c, await read(c, name));
        return c.json({ changed, domain }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: `${named}/instructions`,
        tags,
        operationId: "sendDomainInstructions",
        summary: "Writes to whoever keeps the DNS what to enter",
        ...needs("domains:write"),
        request: { ...path, ...jsonBody(SendInstructions) },
        responses: { 202: nothing("The letter is on its way"), ...problems(400, 404) },
      }),
      async (c) => {
        await sendInstructions(domains, personOf(c), c.req.valid("param").name, c.req.valid("json"));
        return c.body(null, 202);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: `${named}/primary`,
        tags,
        operationId: "makeDomainPrimary",
        summary: "Gives everybody an address in this domain as their own",
        ...needs("domains:write"),
        request: path,
        responses: { 200: json(PrimaryChanged, "What changed"), ...problems(404, 409) },
      }),
      async (c) => c.json(await makePrimary(domains, actorOf(c), c.req.valid("param").name), 200),
    );
};
