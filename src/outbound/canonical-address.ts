import { normalizeAddress } from "../protocol/address/index.ts";

/** The form in which addresses are compared. */
export function canonicalAddress(address: string): string {
  const parsed = normalizeAddress(address);
  return parsed.ok ? parsed.value : address.trim().toLowerCase();
}
