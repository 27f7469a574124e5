import type { Parsed } from "../../src/kernel/parsed.ts";

/** A DNS list of addresses (RFC 5782), and which of its answers count. */
export interface ListZone {
  readonly zone: string;
  /** Four ranges, one for each octet of an answer; an answer counts that is in one of them. */
  readonly codes: readonly CodeRange[];
}

export type CodeRange = readonly (readonly [low: number, high: number])[];

const ZONE = /^(?=.{1,180}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63})+$/;

/** Lists answer within 127.0.0.0/8 (RFC 5782 §2.1): an answer elsewhere is that of a domain which somebody else has bought. */
const ANY: CodeRange = [
  [127, 127],
  [0, 255],
  [0, 255],
  [0, 255],
];

/** `127.255.255.x` says that the list does not answer us: too many questions, or asked by a public resolver. */
export const isRefusal = (code: string): boolean => code.startsWith("127.255.255.");

/** Parses `zone`, or `zone=code;code;…`, where each octet of a code is a number, a range or `*`: `127.0.0.2-11`, `127.0.*.1-3`. */
export function parseListZone(text: string): Parsed<ListZone> {
  const [name = "", codes, ...more] = text.trim().toLowerCase().split("=");
  if (!ZONE.test(name) || more.length > 0) return { ok: false, at: 0, expected: "a zone like bl.example" };
  if (codes === undefined) return { ok: true, value: { zone: name, codes: [ANY] } };
  const ranges: CodeRange[] = [];
  for (const code of codes.split(";")) {
    const range = parseCode(code);
    if (range === null) return { ok: false, at: name.length + 1, expected: "codes like 127.0.0.2-11" };
    ranges.push(range);
  }
  return { ok: true, value: { zone: name, codes: ranges } };
}

function parseCode(text: string): CodeRange | null {
  const octets = text.split(".").map((octet): readonly [number, number] | null => {
    if (octet === "*") return [0, 255];
    const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(octet);
    const [low, high] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    return match !== null && low <= high && high <= 255 ? [low, high] : null;
  });
  const range = octets.filter((octet) => octet !== null);
  return octets.length === 4 && range.length === 4 && range[0]?.[0] === 127 && range[0][1] === 127
    ? range
    : null;
}

/** True if an answer is one that counts. */
export function counts({ codes }: ListZone, answer: string): boolean {
  const octets = answer.split(".").map(Number);
  return (
    !isRefusal(answer) &&
    codes.some((range) =>
      range.every(([low, high], i) => (octets[i] ?? -1) >= low && (octets[i] ?? -1) <= high),
    )
  );
}
