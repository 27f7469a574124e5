import { XMLParser } from "fast-xml-parser";
import { parseDmarcReport } from "../protocol/dmarc-report/index.ts";
import { parseTlsReport } from "../protocol/tls-report/index.ts";
import type { DmarcReport, TlsReport } from "./received-report.ts";
import { unpack } from "./unpack.ts";

/** What is in a message's part. */
export type ReadReport =
  | { readonly kind: "dmarc"; readonly report: DmarcReport }
  | { readonly kind: "tls"; readonly reports: readonly TlsReport[] };

/** Entities are not followed, and a document that declares some is not read at all: no file of ours gets into it (XXE), and it
 * can't grow. */
const xml = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  processEntities: false,
  htmlEntities: false,
  parseTagValue: false,
  trimValues: true,
});
const DECLARES = /<!(?:DOCTYPE|ENTITY)/i;

/** Reads what may be a report, packed or not. @returns null: it is none that we understand. Never throws. */
export function readReport(bytes: Uint8Array): ReadReport | null {
  for (const file of unpack(bytes)) {
    const text = new TextDecoder("utf-8").decode(file).trimStart();
    const found = text.startsWith("{") ? readJson(text) : text.startsWith("<") ? readXml(text) : null;
    if (found !== null) return found;
  }
  return null;
}

function readJson(text: string): ReadReport | null {
  try {
    const parsed = parseTlsReport(JSON.parse(text));
    return parsed.ok ? { kind: "tls", reports: parsed.value } : null;
  } catch {
    return null;
  }
}

function readXml(text: string): ReadReport | null {
  if (DECLARES.test(text)) return null;
  try {
    const parsed = parseDmarcReport(xml.parse(text));
    return parsed.ok ? { kind: "dmarc", report: parsed.value } : null;
  } catch {
    // Not well-formed, or nested so deep that the parser gives up.
    return null;
  }
}
