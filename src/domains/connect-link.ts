import type { DomainConnectLink } from "../contract/domains.ts";
import { MailError } from "../kernel/error.ts";
import type { DnsRecord } from "../signing/index.ts";
import { HOUSE_TENANT, insertAudit } from "../tenants/index.ts";
import { type DomainChanger, readDomain } from "./claim-domain.ts";
import { type ConnectKeyRow, insertConnectKey, readConnectKey } from "./connect-key.store.ts";
import { CONNECT_KEY_LABEL, serviceIdOf } from "./connect-template.ts";
import type { Domains } from "./domains.ts";

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const SECRET = `domain-connect:${CONNECT_KEY_LABEL}`;
/** A TXT record's string holds 255 octets. */
const CHUNK = 200;
const TTL = 3_600;

const base64 = (octets: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(octets)));

/** The key of the installation; made when it is needed for the first time. @throws {MailError} unavailable */
async function connectKey({ outbound }: Domains): Promise<ConnectKeyRow> {
  const { db } = outbound.store;
  const { keys } = outbound.tenancy;
  const read = () => db.tenant(HOUSE_TENANT, (tx) => readConnectKey(tx, CONNECT_KEY_LABEL));
  const found = await read();
  if (found !== undefined) return found;
  const pair = await crypto.subtle.generateKey(
    { ...RSA, modulusLength: 2_048, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["sign", "verify"],
  );
  const [pkcs8, spki] = await Promise.all([
    crypto.subtle.exportKey("pkcs8", pair.privateKey),
    crypto.subtle.exportKey("spki", pair.publicKey),
  ]);
  const sealed = await keys.sealSecret(HOUSE_TENANT, SECRET, new Uint8Array(pkcs8));
  await db.tenant(HOUSE_TENANT, (tx) =>
    insertConnectKey(tx, { ...sealed, id: CONNECT_KEY_LABEL, publicKey: base64(spki) }),
  );
  const made = await read();
  if (made === undefined) throw new Error("a key that was kept is not there");
  return made;
}

/** The public half as our zone says it: `p=` counts the parts, since a provider puts them together. @throws {MailError} unavailable */
export async function connectKeyTexts(domains: Domains): Promise<DnsRecord[]> {
  const { publicKey } = await connectKey(domains);
  const parts = publicKey.match(new RegExp(`.{1,${CHUNK}}`, "g")) ?? [];
  return parts.map((part, index) => ({
    name: `${CONNECT_KEY_LABEL}.${domains.settings.zone}`,
    type: "TXT",
    value: `p=${index + 1},a=RS256,d=${part}`,
    ttl: TTL,
  }));
}

/** Signs the query of a request as it is sent (Domain Connect: RS256 over all of it but `sig` and `key`). */
async function sign(domains: Domains, query: string): Promise<string> {
  const row = await connectKey(domains);
  const pkcs8 = await domains.outbound.tenancy.keys.openSecret(HOUSE_TENANT, SECRET, row);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, RSA, false, ["sign"]);
  return base64(await crypto.subtle.sign(RSA, key, new TextEncoder().encode(query)));
}

/** Where a browser goes so that the provider enters the records itself; it comes back to the page of the domain.
 * @param withMx mail comes here from then on @throws {MailError} domain_unknown, domain_connect_unknown, unavailable */
export async function domainConnectLink(
  domains: Domains,
  { tenantId, actor }: DomainChanger,
  text: string,
  { mx }: { readonly mx: boolean },
): Promise<DomainConnectLink> {
  const { outbound, settings } = domains;
  const domain = await readDomain(domains, tenantId, text);
  const { name, token, look } = domain;
  const offer = look?.connect ?? null;
  if (look === null || offer === null) throw new MailError("domain_connect_unknown", { domain: name });
  const { providerId, serviceId } = serviceIdOf(settings);
  const state = Array.from(outbound.store.random(16), (octet) => octet.toString(16).padStart(2, "0")).join(
    "",
  );
  const back = `${settings.publicUrl}/admin/domains/${name}?connected=${state}`;
  const host = name === look.apex ? "" : name.slice(0, -look.apex.length - 1);
  // %20, not +: what is signed must be what the provider reads.
  const query = Object.entries({
    domain: look.apex,
    ...(host === "" ? {} : { host }),
    token,
    groupId: mx ? "core,optional,mx" : "core,optional",
    redirect_uri: back,
    state,
  })
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join("&");
  const sig = encodeURIComponent(await sign(domains, query));
  await outbound.store.db.tenant(tenantId, (tx) =>
    insertAudit(tx, {
      actor,
      action: "domain.connect",
      subject: name,
      detail: { provider: offer.providerName, mx },
    }),
  );
  const path = `/v2/domainTemplates/providers/${encodeURIComponent(providerId)}/services/${serviceId}/apply`;
  return { url: `${offer.syncUrl}${path}?${query}&sig=${sig}&key=${CONNECT_KEY_LABEL}`, state };
}
