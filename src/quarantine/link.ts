import type { KeyRing } from "../blob/index.ts";
import { MailError } from "../kernel/error.ts";
import { AccountId, TenantId } from "../kernel/id.ts";
import { base32ToUuid, uuidToBase32 } from "../kernel/uuid.ts";
import { HeldId } from "./held.ts";

/** What one link of a digest allows to whoever has it. */
export interface HeldLinkClaim {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly id: HeldId;
  readonly action: "release" | "delete";
  /** milliseconds since the epoch */
  readonly expiresAt: number;
}

const encoder = new TextEncoder();
/** What is signed begins with its use, so that no other use of the key makes a link. */
const USE = "quarantine link 1\n";
/** 26 characters for each of three ids, a letter, seconds in base 36, and 160 bits of the HMAC. */
const FORM = /^([a-z2-7]{26})([a-z2-7]{26})([a-z2-7]{26})([rd])([0-9a-z]{1,8})\.([a-z2-7]{32})$/;

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

/** The first 160 bits in base32: mail programs leave it as it is. */
function printMac(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < 20; from += 5) {
    let bits = 0n;
    for (const byte of bytes.subarray(from, from + 5)) bits = (bits << 8n) | BigInt(byte);
    for (let shift = 35n; shift >= 0n; shift -= 5n) text += LETTERS[Number((bits >> shift) & 31n)] ?? "";
  }
  return text;
}

async function macOf(keys: KeyRing, claim: string): Promise<string> {
  return printMac(await keys.pepper(encoder.encode(USE + claim)));
}

/** Compares without telling by the time it takes where the difference is. */
function equal(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/** The token of a link: good for this message, this recipient and this action, until it expires. */
export async function signLink(keys: KeyRing, claim: HeldLinkClaim): Promise<string> {
  const ids = [claim.tenantId, claim.accountId, claim.id].map(uuidToBase32).join("");
  const seconds = Math.floor(claim.expiresAt / 1000).toString(36);
  const text = `${ids}${claim.action === "release" ? "r" : "d"}${seconds}`;
  return `${text}.${await macOf(keys, text)}`;
}

/** Reads a token; nothing is looked up for one that we did not make.
 * @throws {MailError} link_invalid, link_expired */
export async function readLink(keys: KeyRing, token: string, now: number): Promise<HeldLinkClaim> {
  const match = FORM.exec(token.trim());
  const [, tenant = "", account = "", held = "", letter, seconds = "", mac = ""] = match ?? [];
  const [tenantId, accountId, id] = [tenant, account, held].map(base32ToUuid);
  const isOurs = equal(mac, await macOf(keys, `${tenant}${account}${held}${letter}${seconds}`));
  if (!isOurs || !tenantId || !accountId || !id) throw new MailError("link_invalid");
  const expiresAt = Number.parseInt(seconds, 36) * 1000;
  if (expiresAt <= now) throw new MailError("link_expired");
  return {
    tenantId: TenantId.parse(tenantId),
    accountId: AccountId.parse(accountId),
    id: HeldId.parse(id),
    action: letter === "r" ? "release" : "delete",
    expiresAt,
  };
}
