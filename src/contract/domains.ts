import { z } from "zod";
import { pageOf } from "./paging.ts";

// `/v1/domains`: the domains of an agency, and what the DNS says about them. Whoever types one value, the domain, needs nothing else:
// the answers say what is to be entered, and what is there now. `{name}` in a path is the name with A-labels (`name`), or as people
// write it.

const time = z.iso.datetime().nullable();

/** hosted: it lies below the domain of the installation, and needs nothing. unproven: claimed, and nothing shows yet that the agency has it:
 * no mail is taken for it. proven: the agency has shown that it controls it. live: its mail comes here too (the MX). */
export const DomainState = z.enum(["hosted", "unproven", "proven", "live"]);
export type DomainState = z.output<typeof DomainState>;

/** What a record is for: a text of the pages hangs on each. `proof` stands in the list only as long as nothing else can prove. */
export const RecordPurpose = z.enum([
  "proof",
  "mx",
  "spf",
  "dkim",
  "dmarc",
  "mta_sts",
  "mta_sts_policy",
  "tls_rpt",
  "autoconfig",
  "autodiscover",
  // The two of the delegation, in place of `dkim` and `dmarc`.
  "delegation",
]);
export type RecordPurpose = z.output<typeof RecordPurpose>;

/** found: it says what it should. missing: there is nothing. wrong: something else is there, see `problem`. unknown: nobody has looked yet, or
 * the DNS has never answered. */
export const RecordState = z.enum(["found", "missing", "wrong", "unknown"]);
export type RecordState = z.output<typeof RecordState>;

/** Why a record is wrong (or missing in a way that needs a word). The pages have a text for each. */
export const RecordProblem = z.enum([
  // Mail goes to other servers; during the preparation that is as it should be: it is changed last.
  "other_mx",
  // Ours is among them, and others too: part of the mail goes there.
  "mixed_mx",
  // "." (RFC 7505): the domain says that it takes no mail.
  "null_mx",
  // More than one SPF record: receivers then believe none of them.
  "two_spf",
  // There is one, and it does not have our include.
  "spf_without_include",
  // The new value would make receivers ask more than ten times (RFC 7208 §4.6.4): something must go first.
  "too_many_lookups",
  "spf_malformed",
  // The name leads somewhere else.
  "cname_elsewhere",
  // Something else than a CNAME stands under the name, and must go first: a name with a CNAME can have nothing else.
  "not_a_cname",
  // The provider answers in the name's place (Cloudflare's orange cloud): switch its proxy off for this name.
  "unproxied_needed",
  // There is a CNAME where this record should stand.
  "cname_in_the_way",
  // More than one DMARC record: receivers then believe none of them.
  "two_dmarc",
  // A DMARC record of one's own that does not send its reports to us. It works; see `value` for the merged text.
  "dmarc_without_reports",
  "dmarc_malformed",
  // A proof, and not the one of this agency.
  "other_proof",
  // Name servers of somebody else.
  "other_name_servers",
]);
export type RecordProblem = z.output<typeof RecordProblem>;

export const DomainRecord = z.object({
  /** Stable, for keys of lists: `mx`, `spf`, `dkim:ang1r`, `dmarc`, `proof`, … */
  id: z.string(),
  purpose: RecordPurpose,
  type: z.enum(["MX", "TXT", "CNAME", "NS"]),
  /** whole, without a dot at the end */
  name: z.string(),
  /** What most providers want in the field "name": without the registered domain; `@` is the domain itself. */
  host: z.string(),
  /** To be entered exactly so. An MX: the server; its priority stands in `priority`. */
  value: z.string(),
  priority: z.int().nullable(),
  /** seconds; a suggestion */
  ttl: z.int(),
  /** core: mail needs it. optional: better with it. proof: nothing else shows yet that the domain is the agency's. */
  need: z.enum(["core", "optional", "proof"]),
  state: RecordState,
  problem: RecordProblem.nullable(),
  /** What is there now, as the DNS says it. */
  found: z.array(z.string()),
  /** add: enter it. replace: what is in `found` becomes `value`. nothing: it is as it should be (or nobody knows). */
  action: z.enum(["add", "replace", "nothing"]),
  /** since when it is in this state */
  since: time,
  /** The DNS answered at the last look; if not, the rest is what was last known. */
  answered: z.boolean(),
});
export type DomainRecord = z.output<typeof DomainRecord>;

/** `GET /v1/domains` (paged: `limit`, `cursor`): all domains of the agency by name. */
export const Domain = z.object({
  name: z.string(),
  /** for people: `bücher.example` */
  displayName: z.string(),
  state: DomainState,
  /** new people get their address here; see `POST /v1/domains/{name}/primary` */
  isPrimary: z.boolean(),
  /** core records that are missing or wrong; 0 while nobody has looked */
  problems: z.int(),
  /** addresses of people and groups in it */
  addresses: z.int(),
  checkedAt: time,
});
export type Domain = z.output<typeof Domain>;

export const DomainPage = pageOf(Domain);
export type DomainPage = z.output<typeof DomainPage>;

/** How a DNS provider lets programs in, and what it asks of them. */
export const ProviderName = z.enum(["cloudflare", "ovh", "gandi", "desec", "hetzner", "rfc2136"]);
export type ProviderName = z.output<typeof ProviderName>;

/** The field of a form; `secret` ones are never shown again, and never kept. */
export const ProviderField = z.object({
  /** a key of `credentials` in `POST /v1/domains/{name}/plan` and `/apply` */
  name: z.enum([
    "token",
    "applicationKey",
    "applicationSecret",
    "consumerKey",
    "endpoint",
    "server",
    "keyName",
    "algorithm",
    "secret",
  ]),
  secret: z.boolean(),
  required: z.boolean(),
  /** where only some values are good */
  options: z.array(z.string()),
});
export type ProviderField = z.output<typeof ProviderField>;

/** Who runs the name servers of the domain. */
export const DnsProvider = z.object({
  /** `cloudflare`, `ovh`, …: the pages have a help text `dns.help.<id>`; null: not one that we know */
  id: z.string().nullable(),
  /** a proper name: `Cloudflare`; for one that we don't know, the domain of its name servers */
  name: z.string(),
  nameServers: z.array(z.string()),
  /** Where its customers change records; null: we don't know. */
  panelUrl: z.string().nullable(),
});
export type DnsProvider = z.output<typeof DnsProvider>;

/** The ways to set the records, best first; a way that is null does not exist for this domain. The last two always do:
 * `GET /v1/domains/{name}/zone` and `POST /v1/domains/{name}/instructions`. */
const DomainWays = z.object({
  /** One click and the provider's own sign-in: `POST /v1/domains/{name}/domain-connect`. */
  domainConnect: z
    .object({ providerName: z.string(), width: z.int().nullable(), height: z.int().nullable() })
    .nullable(),
  /** With a token of the provider, which is used once and not kept. `suggested` is the one of the domain's provider, or null. */
  token: z.object({
    suggested: ProviderName.nullable(),
    providers: z.array(z.object({ name: ProviderName, fields: z.array(ProviderField) })),
  }),
  /** NS records for `_domainkey` and `_dmarc` in place of the CNAMEs there; null: the installation has no name servers for that. */
  delegation: z.array(DomainRecord).nullable(),
});

/** none: only reports. quarantine: into the junk folder. reject: refused. What receivers do with mail that fails (RFC 7489 §6.3). */
export const DmarcPolicy = z.enum(["none", "quarantine", "reject"]);
export type DmarcPolicy = z.output<typeof DmarcPolicy>;

/** testing: failures are only reported. enforce: other servers deliver over verified TLS or not at all (RFC 8461 §5). */
export const MtaStsMode = z.enum(["testing", "enforce"]);
export type MtaStsMode = z.output<typeof MtaStsMode>;

/** `GET /v1/domains/{name}`, and the answer of most other routes. */
export const DomainDetail = Domain.extend({
  claimedAt: time,
  provenAt: time,
  /** when it is looked at again by itself */
  nextCheckAt: time,
  /** false: the DNS does not know the domain; null: not known yet */
  exists: z.boolean().nullable(),
  provider: DnsProvider.nullable(),
  ways: DomainWays,
  records: z.array(DomainRecord),
  dmarcPolicy: DmarcPolicy,
  mtaSts: MtaStsMode,
  /** Somebody else claims the domain too, and shows control: it goes to the claimant at `movesAt`, unless the holder's proof is there again.
   * `role` is which of the two this agency is. */
  contest: z
    .object({ role: z.enum(["holder", "claimant"]), since: z.iso.datetime(), movesAt: z.iso.datetime() })
    .nullable(),
});
export type DomainDetail = z.output<typeof DomainDetail>;

/** `POST /v1/domains` → 201 DomainDetail, already looked at if the DNS answers within some seconds. Errors: 400 `invalid_input` with
 * `errors[] = {field: "name", code}`: `malformed`, `public_suffix` (nobody's: `gov.gr`, `com`), `reserved` (of the installation, or a name
 * that the DNS does not use); 409 `domain_exists` (this agency has it), `domains_too_many`. */
export const NewDomain = z.strictObject({ name: z.string().trim().min(1).max(1_024) });
export type NewDomain = z.output<typeof NewDomain>;

/** `PATCH /v1/domains/{name}` → DomainDetail: what is named changes. */
export const DomainChange = z.strictObject({
  dmarcPolicy: DmarcPolicy.optional(),
  mtaSts: MtaStsMode.optional(),
});
export type DomainChange = z.output<typeof DomainChange>;

// `DELETE /v1/domains/{name}` → 204. 409 `domain_in_use` as long as addresses are in it (`addresses` of the domain says how many);
// 403 `forbidden` for the hosted one.
// `POST /v1/domains/{name}/check` → 200 DomainDetail: looks now (at most every few seconds; 429 `rate_limited`).
// `GET /v1/domains/{name}/zone` → 200 text/plain: the records as lines of a zone file, those that are found as comments.

/** `POST /v1/domains/{name}/domain-connect` with `{mx}` (the MX too; false by default) → 200 {url}: where the browser goes next. It comes back to
 * `/admin/domains/{name}?connected=<state>` (or with `error=<code>` beside): call `check` then. 409 `domain_connect_unknown`: the provider
 * does not offer it (any more). */
export const DomainConnectRequest = z.strictObject({ mx: z.boolean().default(false) });
export const DomainConnectLink = z.object({ url: z.string(), state: z.string() });
export type DomainConnectLink = z.output<typeof DomainConnectLink>;

/** What a provider asks for; which fields, see `DomainWays.token`. Used once, kept nowhere, in no log. */
export const ProviderCredentials = z.strictObject({
  /** Cloudflare, Gandi, deSEC, Hetzner */
  token: z.string().trim().min(1).max(512).optional(),
  /** OVH */
  applicationKey: z.string().trim().min(1).max(128).optional(),
  applicationSecret: z.string().trim().min(1).max(128).optional(),
  consumerKey: z.string().trim().min(1).max(128).optional(),
  endpoint: z.enum(["ovh-eu", "ovh-ca", "ovh-us"]).optional(),
  /** RFC 2136: `ns1.example:53` */
  server: z.string().trim().min(1).max(260).optional(),
  keyName: z.string().trim().min(1).max(253).optional(),
  algorithm: z.enum(["hmac-sha256", "hmac-sha384", "hmac-sha512"]).optional(),
  secret: z.base64().min(8).max(512).optional(),
});
export type ProviderCredentials = z.output<typeof ProviderCredentials>;

/** `POST /v1/domains/{name}/plan` → Plan: what would be changed; nothing is. 422 `dns_provider_refused` (wrong token, or not for this
 * domain), 503 `dns_provider_unavailable`. */
export const PlanRequest = z.strictObject({
  provider: ProviderName,
  credentials: ProviderCredentials,
  /** The optional records too. */
  optional: z.boolean().default(true),
  /** The MX too: mail comes here from then on. Without it an MX of another server stays as it is. */
  mx: z.boolean().default(false),
});
export type PlanRequest = z.output<typeof PlanRequest>;

/** One record of a plan. keep: it is there. leave: it is not as it should be and is left alone; `reason` says why. */
export const PlanStep = z.object({
  recordId: z.string(),
  action: z.enum(["add", "change", "keep", "leave"]),
  type: z.enum(["MX", "TXT", "CNAME", "NS"]),
  name: z.string(),
  /** values at the provider before and after, of this type and name */
  before: z.array(z.string()),
  after: z.array(z.string()),
  /** mx_later: the MX is changed at the cutover. in_the_way: other records stand under the name, and only a person may remove
   * them. too_many_lookups, two_spf, two_dmarc: as at the record. */
  reason: z.string().nullable(),
});
export type PlanStep = z.output<typeof PlanStep>;

export const Plan = z.object({
  /** the zone at the provider */
  zone: z.string(),
  steps: z.array(PlanStep),
  /** of the steps; give it to `apply`, so that nothing is done which was not seen */
  fingerprint: z.string(),
});
export type Plan = z.output<typeof Plan>;

/** `POST /v1/domains/{name}/apply` → Applied. 409 `plan_changed`: what the provider has is not what the plan was made from: plan again. */
export const ApplyRequest = PlanRequest.extend({ fingerprint: z.string().min(1).max(128) });
export type ApplyRequest = z.output<typeof ApplyRequest>;

export const Applied = z.object({ changed: z.int(), domain: DomainDetail });
export type Applied = z.output<typeof Applied>;

/** `POST /v1/domains/{name}/instructions` → 202: a mail to whoever keeps the DNS, with exactly what to enter, from the address of who asks.
 * 429 `rate_limited`: some a day and no more. */
export const SendInstructions = z.strictObject({
  to: z.email().max(254),
  locale: z.enum(["en", "el"]).default("en"),
  /** a word of one's own at the beginning */
  note: z.string().trim().max(2_000).default(""),
});
export type SendInstructions = z.output<typeof SendInstructions>;

/** `POST /v1/domains/{name}/primary` → PrimaryChanged: everybody gets `<what they had>@<name>` as their own address; the addresses that they
 * had stay as further ones. Nobody signs in again, no mail program has to be set up again. The domain must be proven (409
 * `domain_unproven`). Called again, it takes along who is new since. */
export const PrimaryChanged = z.object({
  domain: z.string(),
  /** people whose own address is a new one now */
  people: z.int(),
  /** people who had it already */
  unchanged: z.int(),
  /** addresses that somebody else has: these people keep what they had (the first 100) */
  taken: z.array(z.object({ address: z.string(), wanted: z.string() })),
});
export type PrimaryChanged = z.output<typeof PrimaryChanged>;
