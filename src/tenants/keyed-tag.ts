import type { Tenancy } from "./tenancy.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Letters that only this installation can make for a text: 5 bits each.
 * @param about begins with what it is for, so that one purpose never makes the tags of another */
export async function keyedTag(
  { keys }: Pick<Tenancy, "keys">,
  about: string,
  letters: number,
): Promise<string> {
  const mac = await keys.pepper(new TextEncoder().encode(`angelia tag\0${about}`));
  return [...mac.subarray(0, letters)].map((octet) => ALPHABET[octet & 31] ?? "").join("");
}
