import type { TenantId } from "../kernel/id.ts";
import { keyedTag, type Tenancy } from "../tenants/index.ts";

/** 40 bits: ten tries of it are none. */
const LETTERS = 8;

/** The code of an agency, as its letter has it: `ABCD-EFGH`. It is made from what is stored with a key that is not in the database, so
 * that it can be printed and checked, and read by nobody. */
export async function codeOf(
  tenancy: Pick<Tenancy, "keys">,
  tenantId: TenantId,
  nonce: string,
): Promise<string> {
  const letters = await keyedTag(tenancy, `verification\0${tenantId}\0${nonce}`, LETTERS);
  return `${letters.slice(0, LETTERS / 2)}-${letters.slice(LETTERS / 2)}`;
}

/** What people make of `O` and `I` when they type digits: base32 has neither 0 nor 1. */
const plain = (code: string): string =>
  code
    .toUpperCase()
    .replaceAll("0", "O")
    .replaceAll("1", "I")
    .replaceAll(/[^A-Z2-7]/g, "");

/** Whether a code was typed, in whatever case, with or without the hyphen. Takes as long for each wrong one. */
export function isCode(typed: string, code: string): boolean {
  const [given, wanted] = [
    plain(typed)
      .padEnd(LETTERS)
      .slice(0, 2 * LETTERS),
    plain(code),
  ];
  let differences = given.length === wanted.length ? 0 : 1;
  for (let at = 0; at < wanted.length; at++)
    differences |= (given.codePointAt(at) ?? 0) ^ (wanted.codePointAt(at) ?? 0);
  return differences === 0;
}
