import { createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  Cutover,
  CutoverBack,
  CutoverSender,
  NewSamples,
  SetCutover,
  TakenSamples,
} from "../../contract/cutover.ts";
import { PageQuery, pageOf } from "../../contract/paging.ts";
import {
  addSamples,
  cutoverOf,
  type Cutovers,
  finishCutover,
  listSenders,
  readSample,
  type SampleRow,
  setCutover,
  showCutover,
  spfInclude,
  takeCutoverBack,
  wantCutoverLook,
} from "../../domains/index.ts";
import { MailError } from "../../kernel/error.ts";
import { normalizeDomain } from "../../protocol/address/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { type AdminEnv, actorOf } from "./access.ts";
import { inPath, json, jsonBody, needs, newApi, problems } from "./endpoint.ts";

const tags = ["Domains"];
/** As many samples as one request may bring, with room for what JSON makes of them. */
const SAMPLES_BYTES = 8_000_000;

const SendersQuery = PageQuery.extend({ only: z.enum(["failing"]).optional() });

/** What a path names. @throws {MailError} domain_unknown: also of one that who asks does not look after */
function domainOf(c: Context<AdminEnv>, text: string): string {
  const parsed = normalizeDomain(text);
  const { domains } = c.get("access");
  if (!parsed.ok || (domains !== null && !domains.includes(parsed.value)))
    throw new MailError("domain_unknown", { domain: text });
  return parsed.value;
}

/** `/v1/domains/{name}/cutover`: the move of a domain's mail from its old server. */
export const cutoverRoutes = ({ store, outbound, domains, privateOldServers }: EdgeDeps) => {
  const cutovers: Cutovers = {
    outbound,
    mxHost: domains.settings.mxHost,
    spfInclude: spfInclude(domains.settings.zone),
    privateServers: privateOldServers === true,
  };
  const shown = async (c: Context<AdminEnv>, domain: string): Promise<Cutover> => {
    const { cutover, returnDomain } = await cutoverOf(cutovers, c.get("principal").tenantId, domain);
    return showCutover(cutovers, domain, cutover, returnDomain);
  };
  return newApi()
    .openapi(
      createRoute({
        method: "get",
        path: "/{name}/cutover",
        tags,
        operationId: "readCutover",
        summary: "Tells how far the move of a domain's mail is",
        ...needs("domains:read"),
        request: inPath("name"),
        responses: { 200: json(Cutover, "As it is now"), ...problems(404) },
      }),
      async (c) => c.json(await shown(c, domainOf(c, c.req.valid("param").name)), 200),
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/{name}/cutover",
        tags,
        operationId: "setCutover",
        summary: "Plans the move of a domain's mail, and says what goes to its old server too",
        ...needs("domains:write"),
        request: { ...inPath("name"), ...jsonBody(SetCutover) },
        responses: { 200: json(Cutover, "It is so now"), ...problems(400, 404, 409, 422) },
      }),
      async (c) => {
        const domain = domainOf(c, c.req.valid("param").name);
        await setCutover(cutovers, actorOf(c), domain, c.req.valid("json"));
        return c.json(await shown(c, domain), 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{name}/cutover/check",
        tags,
        operationId: "checkCutover",
        summary: "Has the DNS looked at, and the report made, within seconds",
        ...needs("domains:write"),
        request: inPath("name"),
        responses: { 200: json(Cutover, "As it was known until now"), ...problems(404, 422) },
      }),
      async (c) => {
        const domain = domainOf(c, c.req.valid("param").name);
        await wantCutoverLook(cutovers, actorOf(c), domain);
        return c.json(await shown(c, domain), 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{name}/cutover/done",
        tags,
        operationId: "finishCutover",
        summary: "Ends a move: nothing goes to the old server any more",
        ...needs("domains:write"),
        request: inPath("name"),
        responses: { 200: json(Cutover, "It is done"), ...problems(404, 422) },
      }),
      async (c) => {
        const domain = domainOf(c, c.req.valid("param").name);
        await finishCutover(cutovers, actorOf(c), domain);
        return c.json(await shown(c, domain), 200);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{name}/cutover/back",
        tags,
        operationId: "takeCutoverBack",
        summary: "Takes a move back, and tells the records to be entered again",
        ...needs("domains:write"),
        request: inPath("name"),
        responses: { 200: json(CutoverBack, "It is taken back"), ...problems(404, 422) },
      }),
      async (c) => {
        const domain = domainOf(c, c.req.valid("param").name);
        const enter = [...(await takeCutoverBack(cutovers, actorOf(c), domain))];
        return c.json({ cutover: await shown(c, domain), enter }, 200);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/{name}/cutover/senders",
        tags,
        operationId: "listCutoverSenders",
        summary: "Lists who sends in the name of a domain, and what will become of their mail",
        ...needs("domains:read"),
        request: { ...inPath("name"), query: SendersQuery },
        responses: { 200: json(pageOf(CutoverSender), "Those that will fail first"), ...problems(400, 404) },
      }),
      async (c) => {
        const { tenantId } = c.get("principal");
        const domain = domainOf(c, c.req.valid("param").name);
        const { limit, cursor = "0", only } = c.req.valid("query");
        if (!/^\d{1,9}$/.test(cursor))
          throw new MailError("invalid_input", { errors: [{ field: "cursor", code: "malformed" }] });
        await cutoverOf(cutovers, tenantId, domain);
        const page = { after: Number(cursor), limit: limit + 1, onlyFailing: only === "failing" };
        const rows = await store.db.tenant(tenantId, (tx) => listSenders(tx, domain, page));
        const items = rows.slice(0, limit);
        const last = rows.length > limit ? items.at(-1) : undefined;
        return c.json(
          { items: items.map((one) => one.sender), nextCursor: last === undefined ? null : String(last.n) },
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/{name}/cutover/samples",
        tags,
        operationId: "addCutoverSamples",
        summary: "Takes messages that somebody got from the domain, to find out who sends in its name",
        ...needs("domains:write", SAMPLES_BYTES),
        request: { ...inPath("name"), ...jsonBody(NewSamples) },
        responses: { 200: json(TakenSamples, "What was found in them"), ...problems(400, 404, 422) },
      }),
      async (c) => {
        const { tenantId } = c.get("principal");
        const domain = domainOf(c, c.req.valid("param").name);
        const { cutover } = await cutoverOf(cutovers, tenantId, domain);
        if (cutover === undefined) throw new MailError("cutover_state", { domain });
        const skip = new Set(cutover.oldAddresses);
        const rows: SampleRow[] = [];
        const refused: TakenSamples["refused"] = [];
        for (const [n, message] of c.req.valid("json").messages.entries()) {
          const octets = new TextEncoder().encode(message.replaceAll(/\r?\n/g, "\r\n"));
          const read = readSample(octets, domain, skip, store.clock());
          if (read.ok) rows.push(read.row);
          else refused.push({ n, why: read.why });
        }
        if (rows.length > 0) await store.db.tenant(tenantId, (tx) => addSamples(tx, domain, rows));
        return c.json({ taken: rows.length, refused }, 200);
      },
    );
};
