import type { TlsRecordOf } from "./verify-dane.ts";

/** What TLS with a host has to give before a message goes over it. */
export type TlsDemand =
  /** TLS if it works, else clear text (RFC 7435). */
  | { readonly kind: "opportunistic" }
  /** TLS with any certificate: the TLSA records are there, and none can be used (RFC 7672 §2.2). */
  | { readonly kind: "encrypted" }
  /** A certificate that TLSA records name. */
  | { readonly kind: "dane"; readonly records: readonly TlsRecordOf[]; readonly names: readonly string[] }
  /** A certificate for this name of an authority that everybody trusts (RFC 8461 §4.1). */
  | { readonly kind: "webpki"; readonly name: string };

/** Why TLS with a host is demanded, for reports (RFC 8460). */
export interface TlsPolicy {
  readonly type: "tlsa" | "sts" | "no-policy-found";
  /** Whose policy it is. */
  readonly domain: string;
  readonly lines: readonly string[];
  readonly mxPatterns: readonly string[];
  /** RFC 8461 §5: what fails is reported, and the mail goes all the same. */
  readonly isTesting: boolean;
}

/** Sessions with the same key have given the same. */
export function demandKey(demand: TlsDemand): string {
  if (demand.kind === "webpki") return `webpki ${demand.name}`;
  if (demand.kind === "dane")
    return `dane ${demand.names.join(",")} ${demand.records.map(({ text }) => text).join(",")}`;
  return demand.kind;
}

/** How a connection was protected, for people: `TLSv1.3, DANE`. */
export function describeTls(demand: TlsDemand, protocol: string): string {
  const by = {
    opportunistic: "unverified",
    encrypted: "unverified",
    dane: "DANE",
    webpki: "certificate verified",
  };
  return `${protocol}, ${by[demand.kind]}`;
}
