import type { EmailAddress } from "../../app/jmap/objects.ts";

/** Anything that is plainly no address; the server has the last word. International addresses pass (RFC 6531). */
const ATOM = String.raw`[^\s@<>(),;:"[\]\\.]+`;
const ADDRESS = new RegExp(`^${ATOM}(?:\\.${ATOM})*@${ATOM}(?:\\.${ATOM})*$`, "u");

/** Reads `Anna Rossi <anna@example.org>` or a bare address; undefined for what is neither. */
export function parseAddress(text: string): EmailAddress | undefined {
  const angled = /^\s*(.*?)\s*<\s*([^<>]+?)\s*>\s*$/u.exec(text);
  const email = (angled?.[2] ?? text).trim();
  if (email.length > 254 || !ADDRESS.test(email)) return undefined;
  const name = (angled?.[1] ?? "")
    .replace(/^"(.*)"$/u, "$1")
    .replaceAll("\\", "")
    .trim();
  return { name: name === "" ? null : name, email };
}

export function formatAddress({ name, email }: EmailAddress): string {
  if (name === null || name.trim() === "" || name === email) return email;
  return /[,;<>"@()]/u.test(name) ? `"${name.replaceAll(/["\\]/g, "")}" <${email}>` : `${name} <${email}>`;
}

/** Cuts a pasted list at commas, semicolons and line ends, but not inside quotation marks. */
export function splitAddresses(text: string): readonly string[] {
  const found = text.match(/(?:"[^"]*"|[^,;\r\n"])+/gu) ?? [];
  return found.map((one) => one.trim()).filter((one) => one !== "");
}

/** How a person is called where room is scarce. */
export function displayName({ name, email }: EmailAddress): string {
  return name === null || name.trim() === "" ? email : name;
}

export function sameAddress(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
