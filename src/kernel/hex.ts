const PAIRS = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

/** Octets in lower-case hexadecimal. */
export function toHex(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += PAIRS[octet] ?? "";
  return text;
}
