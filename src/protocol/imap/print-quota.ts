import { type NameEncoding, encodeName } from "./mailbox-name.ts";
import { printAstring, printMailbox } from "./print-string.ts";

/** What STORAGE is counted in (RFC 9208 §5.1). */
const UNIT = 1_024;

/** Octets as STORAGE tells them: a unit that is begun counts. */
export function storageUnits(bytes: number): number {
  return Math.ceil(bytes / UNIT);
}

/** Writes the QUOTA response (RFC 9208 §4.2.1). Usage is rounded up, the limit down: nothing fits where it says so. */
export function printQuota(root: string, usedBytes: number, limitBytes: number): string {
  const limit = Math.floor(limitBytes / UNIT);
  return `* QUOTA ${printRoot(root)} (STORAGE ${storageUnits(usedBytes)} ${limit})`;
}

/** Writes the QUOTAROOT response (RFC 9208 §4.2.2). */
export function printQuotaRoot(mailbox: string, roots: readonly string[], encoding: NameEncoding): string {
  return ["* QUOTAROOT", printMailbox(encodeName(mailbox, encoding)), ...roots.map(printRoot)].join(" ");
}

function printRoot(root: string): string {
  return root === "" ? '""' : printAstring(root);
}
