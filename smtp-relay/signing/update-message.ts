import { createHmac, timingSafeEqual } from "node:crypto";

/** Record types and classes as numbers (RFC 1035 §3.2). */
const TYPES = { NS: 2, CNAME: 5, SOA: 6, MX: 15, TXT: 16, SRV: 33, TSIG: 250 } as const;
const CLASSES = { IN: 1, ANY: 255 } as const;
const UPDATE = 5 << 11;

/** A key that the name server knows (RFC 8945). */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: "hmac-sha256" | "hmac-sha384" | "hmac-sha512";
  readonly secret: Uint8Array;
}

/** What one name is to hold of one type: exactly these values; a text, a name, `10 mx.example`, or `0 1 993 imap.example`. */
export interface RecordSet {
  readonly name: string;
  readonly type: "TXT" | "CNAME" | "NS" | "MX" | "SRV";
  readonly ttl: number;
  readonly values: readonly string[];
}

const u16 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value, i * 2);
  return bytes;
};
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** A name in its canonical form, not compressed: lower case. */
function encodeName(name: string): Buffer {
  const labels = name
    .toLowerCase()
    .split(".")
    .filter((label) => label !== "");
  return Buffer.concat([
    ...labels.map((label) => {
      if (label.length > 63) throw new RangeError(`a label of ${label.length} octets`);
      return Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")]);
    }),
    Buffer.from([0]),
  ]);
}

const STRING_MAX = 255;

/** A text as strings of at most 255 octets each. */
function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += STRING_MAX) {
    const part = bytes.subarray(at, at + STRING_MAX);
    parts.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat(parts);
}

function encodeData(type: RecordSet["type"], value: string): Buffer {
  if (type === "TXT") return encodeText(value);
  if (type === "SRV") {
    const [priority = "0", weight = "0", port = "0", target = ""] = value.split(" ");
    return Buffer.concat([u16(Number(priority), Number(weight), Number(port)), encodeName(target)]);
  }
  if (type !== "MX") return encodeName(value);
  const [priority = "0", host = ""] = value.split(" ");
  return Buffer.concat([u16(Number(priority)), encodeName(host)]);
}

function record(name: string, type: number, klass: number, ttl: number, data: Uint8Array): Buffer {
  return Buffer.concat([encodeName(name), u16(type, klass), u32(ttl), u16(data.length), data]);
}

/** An UPDATE message (RFC 2136): each set is deleted and written anew, in one transaction of the server. */
export function encodeUpdate(id: number, zone: string, sets: readonly RecordSet[]): Buffer {
  const updates = sets.flatMap(({ name, type, ttl, values }) => [
    record(name, TYPES[type], CLASSES.ANY, 0, Buffer.alloc(0)),
    ...values.map((value) => record(name, TYPES[type], CLASSES.IN, ttl, encodeData(type, value))),
  ]);
  return Buffer.concat([
    u16(id, UPDATE, 1, 0, updates.length, 0),
    encodeName(zone),
    u16(TYPES.SOA, CLASSES.IN),
    ...updates,
  ]);
}

/** Seconds that the clocks of the two sides may differ. */
const FUDGE = 300;

interface Variables {
  readonly seconds: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Uint8Array;
}

const u48 = (value: number): Buffer =>
  Buffer.concat([u16(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32)]);

/** RFC 8945 §4.3. */
function mac(
  key: TsigKey,
  prefix: Uint8Array,
  message: Uint8Array,
  { seconds, fudge, error, other }: Variables,
): Buffer {
  return createHmac(key.algorithm.slice("hmac-".length), key.secret)
    .update(prefix)
    .update(message)
    .update(Buffer.concat([encodeName(key.name), u16(CLASSES.ANY), u32(0), encodeName(key.algorithm)]))
    .update(Buffer.concat([u48(seconds), u16(fudge, error, other.length), other]))
    .digest();
}

/** Signs a message. @returns it with its TSIG record, and the MAC that the answer's MAC builds on */
export function signMessage(
  message: Buffer,
  key: TsigKey,
  now: number,
): { readonly signed: Buffer; readonly requestMac: Buffer } {
  const variables = { seconds: Math.floor(now / 1000), fudge: FUDGE, error: 0, other: Buffer.alloc(0) };
  const requestMac = mac(key, Buffer.alloc(0), message, variables);
  const data = Buffer.concat([
    encodeName(key.algorithm),
    u48(variables.seconds),
    u16(FUDGE, requestMac.length),
    requestMac,
    u16(message.readUInt16BE(0), 0, 0),
  ]);
  const signed = Buffer.concat([message, record(key.name, TYPES.TSIG, CLASSES.ANY, 0, data)]);
  signed.writeUInt16BE(message.readUInt16BE(10) + 1, 10);
  return { signed, requestMac };
}

/** @returns the offset behind a name, which may be compressed */
function skipName(message: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const length = message.readUInt8(at);
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
    if (length === 0) return at;
  }
}

/** What the name server says. @throws {RangeError} the answer is cut off */
export interface UpdateAnswer {
  /** RFC 6895 §2.3: 0 is done, 5 refused, 9 not allowed or not its zone, 16 a wrong signature */
  readonly code: number;
  /** signed with our key, for this request */
  readonly isSigned: boolean;
}

export function readAnswer(message: Buffer, key: TsigKey, requestMac: Buffer): UpdateAnswer {
  const code = message.readUInt16BE(2) & 0xf;
  const additional = message.readUInt16BE(10);
  let at = 12;
  for (let i = 0; i < message.readUInt16BE(4); i++) at = skipName(message, at) + 4;
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + additional;
  let start = at;
  for (let i = 0; i < records; i++) {
    start = at;
    at = skipName(message, at) + 10;
    at += message.readUInt16BE(at - 2);
  }
  const fixed = skipName(message, start);
  if (additional === 0 || message.readUInt16BE(fixed) !== TYPES.TSIG) return { code, isSigned: false };
  let field = skipName(message, fixed + 10);
  const seconds = message.readUInt16BE(field) * 2 ** 32 + message.readUInt32BE(field + 2);
  const fudge = message.readUInt16BE(field + 6);
  const size = message.readUInt16BE(field + 8);
  field += 10;
  const given = message.subarray(field, field + size);
  const originalId = message.readUInt16BE(field + size);
  const error = message.readUInt16BE(field + size + 2);
  const otherSize = message.readUInt16BE(field + size + 4);
  const other = message.subarray(field + size + 6, field + size + 6 + otherSize);
  const unsigned = Buffer.from(message.subarray(0, start));
  unsigned.writeUInt16BE(originalId, 0);
  unsigned.writeUInt16BE(additional - 1, 10);
  const prefix = Buffer.concat([u16(requestMac.length), requestMac]);
  const expected = mac(key, prefix, unsigned, { seconds, fudge, error, other });
  const isSigned = given.length === expected.length && timingSafeEqual(given, expected);
  return { code: error === 0 ? code : error, isSigned };
}
