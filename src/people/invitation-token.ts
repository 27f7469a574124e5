import { TenantId } from "../kernel/id.ts";
import type { RandomBytes } from "../kernel/ports.ts";
import { base32ToUuid, uuidToBase32 } from "../kernel/uuid.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
/** 200 bits */
const SECRET_LETTERS = 40;

async function hashOf(secret: string): Promise<Bytes> {
  return new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`invitation\0${secret}`)),
  );
}

/** A new link's token, of letters that no mail program breaks. The tenant stands in it, since a look-up without one sees nothing; the database
 * gets only the hash. */
export async function newInvitationToken(
  tenantId: TenantId,
  random: RandomBytes,
): Promise<{ readonly token: string; readonly tokenHash: Bytes }> {
  const secret = Array.from(random(SECRET_LETTERS), (byte) => LETTERS[byte & 31] ?? "").join("");
  return { token: `${uuidToBase32(tenantId)}${secret}`, tokenHash: await hashOf(secret) };
}

/** @returns null: it is no token */
export async function readInvitationToken(
  token: string,
): Promise<{ readonly tenantId: TenantId; readonly tokenHash: Bytes } | null> {
  const match = /^([a-z2-7]{26})([a-z2-7]{40})$/.exec(token);
  const uuid = base32ToUuid(match?.[1] ?? "");
  if (match?.[2] === undefined || uuid === null) return null;
  const tenantId = TenantId.safeParse(uuid);
  return tenantId.success ? { tenantId: tenantId.data, tokenHash: await hashOf(match[2]) } : null;
}
