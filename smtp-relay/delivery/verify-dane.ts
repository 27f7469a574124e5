import { createHash, createPublicKey, X509Certificate } from "node:crypto";
import type { TlsaRecord } from "../../src/dns/index.ts";
import type { TlsResultType } from "../../src/protocol/tls-rpt/index.ts";

/** A record with its text, by which policies are told apart. */
export interface TlsRecordOf extends TlsaRecord {
  readonly text: string;
}

const EE = 3;

/** The certificates that a server showed, its own first, the issuers after it as they were sent. */
export type Chain = readonly X509Certificate[];

/** Checks a certificate against usable TLSA records (RFC 7672 §3.1). DANE-EE: the key or certificate is the one named, and
 * neither its name nor its dates count. DANE-TA: the chain leads to the one named, and names and dates count.
 * @param names of which the certificate must have one with DANE-TA   @param now milliseconds since the epoch
 * @returns null: it is right; else what is wrong */
export function verifyDane(
  chain: Chain,
  records: readonly TlsaRecord[],
  names: readonly string[],
  now: number,
): TlsResultType | null {
  const [own] = chain;
  if (own === undefined) return "validation-failure";
  if (records.some((record) => record.usage === EE && matches(record, own))) return null;
  const anchors = records.filter((record) => record.usage !== EE);
  const faults = anchors.map((record) => verifyAnchor(chain, record, names, now));
  if (faults.includes(null)) return null;
  // The most telling one: a chain that leads there, and is wrong otherwise.
  return (
    faults.find((fault) => fault !== "certificate-not-trusted") ??
    (anchors.length > 0 ? "certificate-not-trusted" : "validation-failure")
  );
}

function verifyAnchor(
  chain: Chain,
  record: TlsaRecord,
  names: readonly string[],
  now: number,
): TlsResultType | null {
  const [own] = chain;
  if (own === undefined) return "validation-failure";
  const path = pathTo(chain, record);
  if (path === null) return "certificate-not-trusted";
  if (path.some((one) => now < Date.parse(one.validFrom) || now > Date.parse(one.validTo)))
    return "certificate-expired";
  return names.some((name) => own.checkHost(name) !== undefined) ? null : "certificate-host-mismatch";
}

/** The certificates from the server's own to the one that a record names, each signed by the next.
 * @returns null: they do not lead there */
function pathTo(chain: Chain, record: TlsaRecord): X509Certificate[] | null {
  const named = anchorIn(record);
  const rest = [...chain.slice(1), ...(named instanceof X509Certificate ? [named] : [])];
  const path = chain.slice(0, 1);
  for (;;) {
    const last = path.at(-1);
    if (last === undefined) return null;
    // Named by its key alone, which need not come with a certificate.
    if (named !== null && !(named instanceof X509Certificate) && last.verify(named)) return path;
    const next = rest.findIndex((one) => one.ca && last.checkIssued(one) && last.verify(one.publicKey));
    const [issuer] = next < 0 ? [] : rest.splice(next, 1);
    if (issuer === undefined) return null;
    path.push(issuer);
    if (matches(record, issuer)) return path;
  }
}

/** A certificate or key that stands whole in a record. */
function anchorIn({
  selector,
  matchingType,
  certificate,
}: TlsaRecord): X509Certificate | ReturnType<typeof createPublicKey> | null {
  if (matchingType !== 0) return null;
  try {
    const der = Buffer.from(certificate);
    return selector === 0
      ? new X509Certificate(der)
      : createPublicKey({ key: der, format: "der", type: "spki" });
  } catch {
    return null;
  }
}

function matches({ selector, matchingType, certificate }: TlsaRecord, shown: X509Certificate): boolean {
  const selected = selector === 0 ? shown.raw : shown.publicKey.export({ type: "spki", format: "der" });
  const data =
    matchingType === 0
      ? selected
      : createHash(matchingType === 1 ? "sha256" : "sha512")
          .update(selected)
          .digest();
  return data.equals(certificate);
}
