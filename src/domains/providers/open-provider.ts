import type { ProviderCredentials, ProviderName } from "../../contract/domains.ts";
import { MailError } from "../../kernel/error.ts";
import { cloudflare } from "./cloudflare.ts";
import { desec } from "./desec.ts";
import { gandi } from "./gandi.ts";
import { hetzner } from "./hetzner.ts";
import { ovh, OVH_ENDPOINTS } from "./ovh.ts";
import type { CallApi, DnsProvider } from "./provider.ts";

/** A name server that takes changes (RFC 2136), and the key that it knows (RFC 8945). */
export interface DynamicServer {
  /** `ns1.example` or `ns1.example:53` */
  readonly server: string;
  readonly keyName: string;
  readonly algorithm: "hmac-sha256" | "hmac-sha384" | "hmac-sha512";
  /** base64 */
  readonly secret: string;
}

/** How providers are reached. */
export interface ProviderDeps {
  readonly call: CallApi;
  /** in place of the real ones: tests */
  readonly bases?: Partial<Record<ProviderName, string>>;
  /** undefined: this runtime can't (workerd) */
  readonly openDynamic: ((server: DynamicServer) => DnsProvider) | undefined;
  readonly clock: () => number;
}

const BASES = {
  cloudflare: "https://api.cloudflare.com/client/v4",
  gandi: "https://api.gandi.net/v5",
  desec: "https://desec.io/api/v1",
  hetzner: "https://api.hetzner.cloud/v1",
} as const;

const missing = (name: string): never => {
  throw new MailError("invalid_input", { errors: [{ field: `credentials.${name}`, code: "required" }] });
};

type Open = (deps: ProviderDeps, given: ProviderCredentials) => DnsProvider;

const withToken =
  (name: keyof typeof BASES, open: (call: CallApi, base: string, token: string) => DnsProvider): Open =>
  ({ call, bases = {} }, { token = missing("token") }) =>
    open(call, bases[name] ?? BASES[name], token);

const OPEN: Readonly<Record<ProviderName, Open>> = {
  cloudflare: withToken("cloudflare", cloudflare),
  gandi: withToken("gandi", gandi),
  desec: withToken("desec", desec),
  hetzner: withToken("hetzner", hetzner),
  ovh({ call, bases = {}, clock }, given) {
    const keys = {
      applicationKey: given.applicationKey ?? missing("applicationKey"),
      applicationSecret: given.applicationSecret ?? missing("applicationSecret"),
      consumerKey: given.consumerKey ?? missing("consumerKey"),
    };
    return ovh(call, bases.ovh ?? OVH_ENDPOINTS[given.endpoint ?? "ovh-eu"], keys, clock);
  },
  rfc2136({ openDynamic }, given) {
    if (openDynamic === undefined)
      throw new MailError("dns_provider_unavailable", { why: "not from this runtime" });
    return openDynamic({
      server: given.server ?? missing("server"),
      keyName: given.keyName ?? missing("keyName"),
      algorithm: given.algorithm ?? "hmac-sha256",
      secret: given.secret ?? missing("secret"),
    });
  },
};

/** Opens a provider with what a customer gave for it.
 * @throws {MailError} invalid_input: a field is missing; dns_provider_unavailable: not from here */
export const openProvider = (
  deps: ProviderDeps,
  name: ProviderName,
  given: ProviderCredentials,
): DnsProvider => OPEN[name](deps, given);
