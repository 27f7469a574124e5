import type { TenantId } from "../kernel/id.ts";
import { isFresh, parseSrs, printSrs, srsText, unwrapSender, wrapSender } from "../protocol/srs/index.ts";
import { keyedTag } from "./keyed-tag.ts";
import type { Tenancy } from "./tenancy.ts";

/** How long notices come back to a return path of ours: others try for 5 days, and some for longer. */
const VALID_DAYS = 14;
/** 40 bits, and each guess costs a command. */
const HASH_LETTERS = 8;

const localOf = (address: string): string => address.slice(0, Math.max(0, address.lastIndexOf("@")));
const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1).toLowerCase();

/** The sender of a message that a tenant sends on: at its own domain, so that SPF says yes, and undone by `readReturnAddress`.
 * @param sender as the envelope has it; "" is the null path, and stays so
 * @param domain of the tenant   @returns null: it can't be written so that it fits into a path (RFC 5321 §4.5.3.1.3) */
export async function makeReturnAddress(
  tenancy: Pick<Tenancy, "keys" | "clock">,
  tenantId: TenantId,
  sender: string,
  domain: string,
): Promise<string | null> {
  if (sender === "") return "";
  const srs = wrapSender(sender, tenancy.clock());
  if (srs === null) return null;
  return printSrs(srs, await hashOf(tenancy, tenantId, domain, srsText(srs)), domain);
}

/** Whose mail it was that came back to an address at a tenant's domain.
 * @returns null: we did not make it, or its time has passed */
export async function readReturnAddress(
  tenancy: Pick<Tenancy, "keys" | "clock">,
  tenantId: TenantId,
  address: string,
): Promise<string | null> {
  const parsed = parseSrs(localOf(address));
  if (parsed === null) return null;
  const hash = await hashOf(tenancy, tenantId, domainOf(address), srsText(parsed.srs));
  if (parsed.hash.toLowerCase() !== hash.toLowerCase()) return null;
  return isFresh(parsed.srs, tenancy.clock(), VALID_DAYS) ? unwrapSender(parsed.srs) : null;
}

const hashOf = (
  tenancy: Pick<Tenancy, "keys">,
  tenantId: TenantId,
  domain: string,
  text: string,
): Promise<string> => keyedTag(tenancy, `return path\0${tenantId}\0${domain}\0${text}`, HASH_LETTERS);
