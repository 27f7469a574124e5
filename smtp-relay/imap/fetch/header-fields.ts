import { parseHeaders } from "../../../src/protocol/header/index.ts";

const CRLF = new Uint8Array([0x0d, 0x0a]);
const LF = 0x0a;

/**
 * The fields of a header block that `BODY[HEADER.FIELDS (…)]` asks for, as they stand in the message, in their order,
 * with an empty line behind them (RFC 9051 §6.4.5.1).
 * @param except gives all fields but these
 */
export function pickFields(header: Uint8Array, names: readonly string[], except: boolean): Uint8Array {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const picked = parseHeaders(header)
    .filter(({ name }) => wanted.has(name.toLowerCase()) !== except)
    .map(({ start, end }) => header.subarray(start, end));
  // A header that the end of the message cuts off has no line end of its own.
  const last = picked.at(-1);
  const tail = last !== undefined && last.at(-1) !== LF ? [CRLF, CRLF] : [CRLF];
  return joined([...picked, ...tail]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
