import type { ImapValue } from "./imap-value.ts";

/** A part without parts of its own, as BODYSTRUCTURE tells of it (RFC 9051 §7.5.2). */
export interface Leaf {
  /** As in BODY[1.2]. */
  readonly section: string;
  readonly type: string;
  readonly octets: number;
  /** Of text and message/rfc822. */
  readonly lines: number | undefined;
}

/** All parts that have a section number of their own and content: leaves, and messages inside messages.
 * @throws {Error} what is no body structure */
export function leavesOf(structure: ImapValue): readonly Leaf[] {
  const body = values(structure, "a body");
  return isMultipart(body) ? children(body, "") : part(body, "1");
}

function children(body: readonly ImapValue[], prefix: string): Leaf[] {
  const parts = body.filter(
    (value, i) => Array.isArray(value) && body.slice(0, i).every((v) => Array.isArray(v)),
  );
  if (!Buffer.isBuffer(body[parts.length])) throw new Error("a multipart without a subtype");
  return parts.flatMap((child, i) => {
    const inner = values(child, "a part");
    const section = `${prefix}${i + 1}`;
    return isMultipart(inner) ? children(inner, `${section}.`) : part(inner, section);
  });
}

function part(body: readonly ImapValue[], section: string): Leaf[] {
  const [type, subtype, parameters, id, description, encoding, octets] = body;
  for (const value of [type, subtype, encoding])
    if (!Buffer.isBuffer(value)) throw new Error(`part ${section}: a type or encoding that is no string`);
  for (const value of [id, description])
    if (value !== null && !Buffer.isBuffer(value))
      throw new Error(`part ${section}: an id that is no nstring`);
  if (parameters !== null && values(parameters ?? "", "parameters").length % 2 !== 0)
    throw new Error(`part ${section}: a parameter without a value`);
  const name = `${String(type)}/${String(subtype)}`.toLowerCase();
  const leaf = (lines: ImapValue | undefined): Leaf => ({
    section,
    type: name,
    octets: whole(octets, section),
    lines: lines === undefined ? undefined : whole(lines, section),
  });
  if (name === "message/rfc822" || name === "message/global") {
    const [envelope, inner, lines] = body.slice(7);
    if (values(envelope ?? "", "an envelope").length !== 10) throw new Error(`part ${section}: no envelope`);
    const inside = values(inner ?? "", "a body");
    const parts = isMultipart(inside) ? children(inside, `${section}.`) : part(inside, `${section}.1`);
    return [leaf(lines), ...parts];
  }
  return [leaf(name.startsWith("text/") ? body[7] : undefined)];
}

const isMultipart = (body: readonly ImapValue[]): boolean => Array.isArray(body[0]);

function values(value: ImapValue, what: string): readonly ImapValue[] {
  if (!Array.isArray(value)) throw new Error(`expected ${what}, not ${String(value)}`);
  return value;
}

function whole(value: ImapValue | undefined, section: string): number {
  if (typeof value !== "string" || !/^\d+$/.test(value)) throw new Error(`part ${section}: ${String(value)}`);
  return Number(value);
}
