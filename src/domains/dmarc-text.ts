/** The texts that are DMARC records (RFC 7489 §6.6.3). */
export const dmarcTexts = (texts: readonly string[]): string[] =>
  texts.filter((text) => /^v\s*=\s*DMARC1\s*(?:;|$)/i.test(text));

const tagsOf = (text: string): [name: string, value: string][] =>
  text
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      return at < 0
        ? [part.toLowerCase(), ""]
        : [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()];
    });

const addressesOf = (value: string): string[] =>
  value
    .split(",")
    .map((uri) => uri.trim())
    .filter((uri) => uri !== "");

/** p= must be there, and be one of three (§6.3). */
export function isDmarc(text: string): boolean {
  const policy = tagsOf(text).find(([name]) => name === "p")?.[1];
  return policy !== undefined && /^(?:none|quarantine|reject)$/i.test(policy);
}

/** Whether reports come to an address: `mailto:` and it, perhaps with a size at its end. */
export function reportsTo(text: string, address: string): boolean {
  const rua = tagsOf(text).find(([name]) => name === "rua")?.[1] ?? "";
  return addressesOf(rua).some((uri) => uri.toLowerCase().split("!")[0] === `mailto:${address}`);
}

/** The record with our address among those that have its reports; everything else of it stays. */
export function withReportsTo(text: string, address: string): string {
  const uri = `mailto:${address}`;
  const tags = tagsOf(text).filter(([name]) => name !== "v");
  const rua = tags.find(([name]) => name === "rua");
  const merged =
    rua === undefined
      ? [...tags, ["rua", uri] as const]
      : tags.map((tag) => (tag === rua ? (["rua", [...addressesOf(tag[1]), uri].join(",")] as const) : tag));
  return [["v", "DMARC1"] as const, ...merged].map(([name, value]) => `${name}=${value}`).join("; ");
}
