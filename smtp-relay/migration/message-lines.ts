import { SourceError } from "../../src/migration/index.ts";
import { parseDateTime, visitHeaders } from "../../src/protocol/header/index.ts";
import { Spool, type SpoolDir } from "../inbound/spool.ts";

const LF = 10;
const CR = 13;
const CRLF = Buffer.from("\r\n");

/** Ends every line with CRLF, as mail is stored and sent; files of Unix have LF alone. All other octets stay. */
export async function* withCrlf(octets: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let last = 0;
  for await (const piece of octets) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const parts: Buffer[] = [];
    let from = 0;
    for (let lf = bytes.indexOf(LF); lf >= 0; lf = bytes.indexOf(LF, lf + 1)) {
      if ((lf === 0 ? last : (bytes[lf - 1] ?? 0)) === CR) continue;
      parts.push(bytes.subarray(from, lf), CRLF);
      from = lf + 1;
    }
    parts.push(bytes.subarray(from));
    last = bytes.at(-1) ?? last;
    yield parts.length === 1 ? bytes : Buffer.concat(parts);
  }
}

/** Takes a message down, to be read as often as needed.
 * @returns null: it is larger than `sizeMax` @throws {SourceError} disk_full */
export async function spooled(
  dir: SpoolDir,
  octets: AsyncIterable<Uint8Array>,
  sizeMax: number,
): Promise<Spool | null> {
  const spool = new Spool(dir, sizeMax);
  try {
    for await (const piece of octets) {
      await spool.add([piece]);
      if (spool.isTooLarge) break;
    }
    if (spool.failure !== undefined)
      throw new SourceError("disk_full", "there is no room on this machine", false, { cause: spool.failure });
  } catch (error) {
    await spool[Symbol.asyncDispose]();
    throw error;
  }
  if (!spool.isTooLarge) return spool;
  await spool[Symbol.asyncDispose]();
  return null;
}

/** The fields of a header, names in lower case, in their order, unfolded. */
export function fieldsOf(head: Uint8Array): { readonly name: string; readonly value: string }[] {
  const fields: { name: string; value: string }[] = [];
  const text = (from: number, to: number): string => Buffer.from(head.subarray(from, to)).toString("latin1");
  visitHeaders(head, 0, head.length, (start, nameEnd, valueStart, valueEnd) => {
    const value = text(valueStart, valueEnd)
      .replaceAll(/\r?\n(?=[ \t])/g, "")
      .trim();
    fields.push({ name: text(start, nameEnd).toLowerCase(), value });
  });
  return fields;
}

/** When a message came, by its own header: the last server says so on top, else its author.
 * @returns milliseconds since the epoch; null: nobody says */
export function arrivalOf(
  fields: readonly { readonly name: string; readonly value: string }[],
): number | null {
  const received = fields.find(({ name }) => name === "received")?.value;
  const stamped = received === undefined ? null : timeOf(received.slice(received.lastIndexOf(";") + 1));
  return stamped ?? timeOf(fields.find(({ name }) => name === "date")?.value ?? "");
}

function timeOf(text: string): number | null {
  const time = parseDateTime(text.trim());
  return time === null || time === undefined ? null : time.ms;
}
