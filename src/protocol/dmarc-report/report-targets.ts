/** Where a domain wants its reports (RFC 7489 §6.2; RFC 8460 §3). */
export interface ReportTarget {
  /** `mailto:someone@example.org` or `https://…`, as the record says it without its size */
  readonly uri: string;
  readonly kind: "mailto" | "https";
  /** the address, or the URL */
  readonly to: string;
  /** octets; null: any */
  readonly sizeMax: number | null;
}

const TARGETS_MAX = 5;
const UNITS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** The targets that a record asks for with `rua=`, at most five.
 * @param record the text of a DMARC or TLS-RPT record, which begins with its version
 * @returns empty: it is no such record, or asks for none */
export function reportTargets(record: string, version: "DMARC1" | "TLSRPTv1"): ReportTarget[] {
  const [first = "", ...tags] = record.split(";").map((tag) => tag.trim());
  if (first.replaceAll(/\s/g, "") !== `v=${version}`) return [];
  const rua = tags.find((tag) => /^rua\s*=/i.test(tag))?.replace(/^rua\s*=/i, "") ?? "";
  const targets: ReportTarget[] = [];
  for (const item of rua.split(",")) {
    const target = parseTarget(item.trim());
    if (target !== null && !targets.some((one) => one.uri === target.uri)) targets.push(target);
    if (targets.length === TARGETS_MAX) break;
  }
  return targets;
}

function parseTarget(item: string): ReportTarget | null {
  const [, given = "", size = "", unit = ""] = /^([^!]+)(?:!(\d{1,12})([kmgt]?))?$/i.exec(item) ?? [];
  const sizeMax = size === "" ? null : Number(size) * (UNITS[unit.toLowerCase()] ?? 1);
  if (/^https:\/\/[^\s]+$/i.test(given)) return { uri: given, kind: "https", to: given, sizeMax };
  const address = unescaped(/^mailto:([^?\s]+)$/i.exec(given)?.[1] ?? "");
  if (!/^[\w!#$%&'*+/=?^`{|}~.-]{1,64}@[a-z0-9.-]{1,253}$/i.test(address)) return null;
  const to =
    address.slice(0, address.lastIndexOf("@") + 1) +
    address.slice(address.lastIndexOf("@") + 1).toLowerCase();
  return { uri: `mailto:${to}`, kind: "mailto", to, sizeMax };
}

/** RFC 3986 §2.1, of US-ASCII only. */
function unescaped(text: string): string {
  return text.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
