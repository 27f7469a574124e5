import { type BlobSource, joinSources, sourceOf } from "../blob/index.ts";
import { headerText, parseHeaders, parseMessageIds } from "../protocol/header/index.ts";
import { parseAddressList } from "../protocol/address/index.ts";

/** More of a header than this is not looked at. */
const HEADER_MAX = 1 << 20;

/** What the header of a message that is being sent says, and what is missing in it. */
export interface OutgoingHeader {
  /** The header with its empty line. */
  readonly bytes: Uint8Array;
  /** Addresses of all From fields, as written: `local@domain`, or what stands there instead. */
  readonly from: readonly string[];
  /** Octets [start, end) of each Sender field. */
  readonly sender: readonly (readonly [start: number, end: number])[];
  readonly hasDate: boolean;
  readonly hasMessageId: boolean;
  /** Without angle brackets; null also when it can't be read. */
  readonly messageId: string | null;
  /** Octets [start, end) of each Bcc field. */
  readonly bcc: readonly (readonly [start: number, end: number])[];
  /** `TLS-Required: No` (RFC 8689 §5): it is to arrive, also where the receiver's own policy would stop it. */
  readonly tlsOptional: boolean;
  /** Something in it is not US-ASCII. */
  readonly eightBit: boolean;
}

/** The header block at the start of a source, with its empty line; all of it when there is none. */
async function readHeaderBlock(source: BlobSource): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  for await (const chunk of source.chunks()) {
    const grown = new Uint8Array(bytes.length + chunk.length);
    grown.set(bytes);
    grown.set(chunk, bytes.length);
    // Three octets back, an empty line that the last chunk cut may begin.
    const end = headerEnd(grown, Math.max(0, bytes.length - 3));
    bytes = grown;
    if (end >= 0) return bytes.subarray(0, end);
    if (bytes.length >= HEADER_MAX) break;
  }
  return bytes;
}

/** Where the body begins, or -1 if there is no empty line from `from` on. */
function headerEnd(bytes: Uint8Array, from: number): number {
  if (from === 0) {
    if (bytes[0] === 10) return 1;
    if (bytes[0] === 13 && bytes[1] === 10) return 2;
  }
  for (let lf = bytes.indexOf(10, from); lf >= 0; lf = bytes.indexOf(10, lf + 1)) {
    if (bytes[lf + 1] === 10) return lf + 2;
    if (bytes[lf + 1] === 13 && bytes[lf + 2] === 10) return lf + 3;
  }
  return -1;
}

/** Reads what matters for sending. */
export async function readOutgoingHeader(source: BlobSource): Promise<OutgoingHeader> {
  const bytes = await readHeaderBlock(source);
  const from: string[] = [];
  const sender: [number, number][] = [];
  const bcc: [number, number][] = [];
  let [hasDate, hasMessageId, tlsOptional] = [false, false, false];
  let messageId: string | null = null;
  for (const field of parseHeaders(bytes)) {
    switch (field.name.toLowerCase()) {
      case "from":
        for (const item of parseAddressList(headerText(bytes, field.valueStart, field.valueEnd)))
          for (const box of "group" in item ? item.members : [item])
            from.push(box.domain === "" ? box.local : `${quoted(box.local)}@${box.domain}`);
        break;
      case "sender":
        sender.push([field.start, field.end]);
        break;
      case "date":
        hasDate = true;
        break;
      case "message-id":
        hasMessageId = true;
        messageId ??= parseMessageIds(headerText(bytes, field.valueStart, field.valueEnd))[0] ?? null;
        break;
      case "tls-required":
        tlsOptional = headerText(bytes, field.valueStart, field.valueEnd).trim().toLowerCase() === "no";
        break;
      case "bcc":
        bcc.push([field.start, field.end]);
        break;
      default:
    }
  }
  return {
    bytes,
    from,
    sender,
    hasDate,
    hasMessageId,
    messageId,
    bcc,
    tlsOptional,
    eightBit: bytes.some((octet) => octet > 127),
  };
}

const quoted = (local: string): string =>
  /^[^\s"(),:;<>@[\]\\]+$/.test(local) ? local : `"${local.replace(/["\\]/g, "\\$&")}"`;

/** A source with text before it and with some ranges left out; the rest stays to the byte. */
export function withHeader(
  source: BlobSource,
  prepended: string,
  leftOut: readonly (readonly [start: number, end: number])[],
): BlobSource {
  const body = leftOut.length === 0 ? source : without(source, leftOut);
  return prepended === "" ? body : joinSources(sourceOf(new TextEncoder().encode(prepended)), body);
}

function without(source: BlobSource, ranges: readonly (readonly [number, number])[]): BlobSource {
  return {
    size: source.size - ranges.reduce((sum, [start, end]) => sum + end - start, 0),
    async *chunks() {
      let offset = 0;
      for await (const chunk of source.chunks()) {
        let at = 0;
        for (const [start, end] of ranges) {
          const [from, to] = [start - offset, end - offset];
          if (to <= at || from >= chunk.length) continue;
          if (from > at) yield chunk.subarray(at, from);
          at = Math.min(to, chunk.length);
        }
        if (at < chunk.length) yield chunk.subarray(at);
        offset += chunk.length;
      }
    },
  };
}
