import { readFileSync } from "node:fs";
import ipaddr from "ipaddr.js";

/** Where IP addresses are: ISO 3166-1 codes of two letters. */
export interface GeoTable {
  /** @returns null: it is not in the table */
  readonly countryOf: (ip: string) => string | null;
  readonly ranges: number;
}

interface Range {
  readonly isV6: boolean;
  /** of IPv6 the upper 64 bits: no country gets less */
  readonly from: bigint;
  readonly to: bigint;
  readonly country: string;
}

const numberOf = (bytes: readonly number[]): bigint =>
  bytes.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);

function keyOf(ip: string): { readonly isV6: boolean; readonly key: bigint } | null {
  if (!ipaddr.isValid(ip)) return null;
  const address = ipaddr.process(ip);
  const isV6 = address.kind() === "ipv6";
  return { isV6, key: numberOf(address.toByteArray().slice(0, 8)) };
}

/** `first,last,country` or `network/bits,country`, each with quotes or without; null: another form. */
function readLine(line: string): Range | null {
  const fields = line.split(",").map((field) => field.trim().replace(/^"(.*)"$/, "$1"));
  const country = fields[fields.length === 2 ? 1 : 2]?.toUpperCase() ?? "";
  if (!/^[A-Z]{2}$/.test(country)) return null;
  const [first = "", second = ""] = fields;
  if (fields.length === 2) {
    if (!ipaddr.isValidCIDR(first)) return null;
    const [network, bits] = ipaddr.parseCIDR(first);
    const isV6 = network.kind() === "ipv6";
    const width = isV6 ? 64 : 32;
    const size = 1n << BigInt(Math.max(0, width - bits));
    const from = (numberOf(network.toByteArray().slice(0, 8)) / size) * size;
    return { isV6, from, to: from + size - 1n, country };
  }
  const [from, to] = [keyOf(first), keyOf(second)];
  if (from === null || to === null || from.isV6 !== to.isV6) return null;
  return { isV6: from.isV6, from: from.key, to: to.key, country };
}

/** Reads a table; the first line may name the columns.
 * @throws {Error} for the operator: which line is wrong */
export function parseGeoTable(text: string): GeoTable {
  const ranges: Range[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const range = readLine(line);
    // ZZ and the like: reserved or unknown.
    if (range !== null) ranges.push(range);
    else if (index > 0)
      throw new Error(`line ${index + 1} is neither «first,last,country» nor «network/bits,country»`);
  }
  const tables = [false, true].map((isV6) => {
    const own = ranges.filter((one) => one.isV6 === isV6).toSorted((a, b) => (a.from < b.from ? -1 : 1));
    return {
      from: BigUint64Array.from(own, (one) => one.from),
      to: BigUint64Array.from(own, (one) => one.to),
      countries: own.map((one) => one.country),
    };
  });
  return {
    ranges: ranges.length,
    countryOf(ip) {
      const asked = keyOf(ip);
      const table = tables[asked?.isV6 === true ? 1 : 0];
      if (asked === null || table === undefined) return null;
      // The last range that begins at or before the address.
      let [low, high] = [0, table.from.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((table.from[middle] ?? 0n) <= asked.key) low = middle + 1;
        else high = middle;
      }
      const isIn = low > 0 && asked.key <= (table.to[low - 1] ?? -1n);
      return isIn ? (table.countries[low - 1] ?? null) : null;
    },
  };
}

/** The table of `ANGELIA_GEOIP_CSV`; null when there is none. @throws {Error} for the operator */
export function loadGeoTable(file: string | undefined): GeoTable | null {
  if (file === undefined) return null;
  try {
    return parseGeoTable(readFileSync(file, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`ANGELIA_GEOIP_CSV: ${file}: ${why}`, { cause: error });
  }
}
