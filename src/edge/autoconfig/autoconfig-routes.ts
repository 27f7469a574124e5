import { type Context, Hono } from "hono";
import { normalizeAddress, normalizeDomain } from "../../protocol/address/index.ts";
import {
  type AutodiscoverFault,
  OUTLOOK_SCHEMA,
  PACC_LABEL,
  PACC_PATH,
  parseAutodiscover,
  printAutodiscover,
  printAutodiscoverFault,
  printClientConfig,
  printPacc,
} from "../../protocol/autoconfig/index.ts";
import { atMost } from "../body.ts";
import type { EdgeDeps } from "../deps.ts";
import type { Limits } from "../middleware/limits.ts";
import { clientHosts } from "./client-hosts.ts";

/** Outlook asks in any letter case. */
const AUTODISCOVER = anyCase("autodiscover");

function anyCase(word: string): string {
  return word
    .split("")
    .map((letter) => `[${letter}${letter.toUpperCase()}]`)
    .join("");
}

/** How mail programs find their settings. All answers are about a domain, and the same for every local part: whether an address exists is
 * nobody's business. What is no domain of ours is 404, or the protocol's own word for it. */
export function autoconfigRoutes(
  deps: Pick<EdgeDeps, "tenancy" | "store" | "outbound" | "clients">,
  limits: Pick<Limits, "discovery">,
): Hono {
  const { tenancy, store } = deps;
  /** @throws {MailError} rate_limited, unavailable */
  const isOurs = async (c: Context, domain: string | null): Promise<boolean> => {
    limits.discovery(c);
    return domain !== null && (await tenancy.domains.tenantsOf([domain])).has(domain);
  };
  const config = async (c: Context): Promise<Response> => {
    const domain = domainOfAddress(c.req.query("emailaddress")) ?? domainOfHost(c, "autoconfig");
    if (!(await isOurs(c, domain)) || domain === null) return c.notFound();
    return answer(c, printClientConfig(domain, clientHosts(deps, c)), "text/xml; charset=utf-8");
  };
  const fault = (c: Context, code: AutodiscoverFault): Response =>
    answer(
      c,
      printAutodiscoverFault(code, new Date(store.clock()).toISOString().slice(11, 23)),
      "text/xml; charset=utf-8",
      true,
    );
  const json = async (c: Context, address: string | undefined): Promise<Response> => {
    const protocol = c.req.query("Protocol") ?? c.req.query("protocol") ?? "";
    if (protocol.toLowerCase() !== "autodiscoverv1")
      return c.json(
        {
          ErrorCode: "InvalidProtocol",
          ErrorMessage: "The only protocol that is supported here is AutodiscoverV1.",
        },
        400,
      );
    const domain = domainOfAddress(address);
    if (!(await isOurs(c, domain)))
      return c.json({ ErrorCode: "UserNotFound", ErrorMessage: "The address is of no domain here." }, 404);
    const { webUrl } = clientHosts(deps, c);
    return c.json({ Protocol: "AutodiscoverV1", Url: `${webUrl}/autodiscover/autodiscover.xml` }, 200);
  };
  return (
    new Hono()
      .get("/.well-known/autoconfig/mail/config-v1.1.xml", config)
      .get("/mail/config-v1.1.xml", config)
      .get(PACC_PATH, async (c) => {
        const domain = domainOfHost(c, PACC_LABEL);
        if (!(await isOurs(c, domain)) || domain === null) return c.notFound();
        const document = printPacc(domain, clientHosts(deps, c));
        return document === null ? c.notFound() : answer(c, document, "application/json");
      })
      // There are no calendars and contacts yet: a client must not take the pages of the web for them.
      .all("/.well-known/caldav", (c) => c.notFound())
      .all("/.well-known/carddav", (c) => c.notFound())
      .get(`/:folder{${AUTODISCOVER}}/:file{${AUTODISCOVER}\\.[xX][mM][lL]}`, (c) => fault(c, 600))
      .post(`/:folder{${AUTODISCOVER}}/:file{${AUTODISCOVER}\\.[xX][mM][lL]}`, atMost(16_384), async (c) => {
        const parsed = parseAutodiscover(await c.req.text());
        if (!parsed.ok) return fault(c, 600);
        const { address, schema } = parsed.value;
        if (schema !== "" && schema.toLowerCase() !== OUTLOOK_SCHEMA) return fault(c, 601);
        if (!(await isOurs(c, domainOfAddress(address)))) return fault(c, 500);
        return answer(c, printAutodiscover(address, clientHosts(deps, c)), "text/xml; charset=utf-8", true);
      })
      .get(`/:folder{${AUTODISCOVER}}/:file{${AUTODISCOVER}\\.[jJ][sS][oO][nN]}`, (c) =>
        json(c, c.req.query("Email") ?? c.req.query("email")),
      )
      .get(`/:folder{${AUTODISCOVER}}/:file{${AUTODISCOVER}\\.[jJ][sS][oO][nN]}/:version/:address`, (c) =>
        json(c, c.req.param("address")),
      )
  );
}

function answer(c: Context, text: string, type: string, isPersonal = false): Response {
  // What names a person is for nobody's cache.
  return c.body(text, 200, {
    "content-type": type,
    "cache-control": isPersonal ? "no-store" : "max-age=3600",
    "x-content-type-options": "nosniff",
  });
}

/** null: it is none */
function domainOfAddress(given: string | undefined): string | null {
  const parsed = normalizeAddress((given ?? "").trim());
  return parsed.ok ? parsed.value.slice(parsed.value.lastIndexOf("@") + 1) : null;
}

/** `autoconfig.agency.example` is about agency.example, and so is agency.example itself. */
function domainOfHost(c: Context, label: string): string | null {
  const host = (c.req.header("host") ?? new URL(c.req.url).host).toLowerCase().replace(/:\d+$/, "");
  const parsed = normalizeDomain(host.startsWith(`${label}.`) ? host.slice(label.length + 1) : host);
  return parsed.ok ? parsed.value : null;
}
