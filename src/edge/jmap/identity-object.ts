import type { TenantTx } from "../../db/index.ts";
import type { AccountId } from "../../kernel/id.ts";
import { type Identity, listIdentities } from "../../outbound/index.ts";

/** RFC 8621 §6 */
export interface IdentityObject {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly replyTo: Identity["replyTo"];
  readonly bcc: Identity["bcc"];
  readonly textSignature: string;
  readonly htmlSignature: string;
  readonly mayDelete: false;
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

async function hash(text: string): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(sum.subarray(0, 26), (byte) => ALPHABET[byte & 31] ?? "").join("");
}

/** The identities of an account, and their state: there are a few, so the state is a digest of all of them. */
export async function readIdentities(
  tx: TenantTx,
  accountId: AccountId,
): Promise<{ readonly list: readonly IdentityObject[]; readonly state: string }> {
  const identities = await listIdentities(tx, accountId);
  const list = await Promise.all(
    identities.map(async ({ address, ...rest }) => ({
      // An address belongs to one account, and comes with it and goes with it: its digest is an id.
      id: `i${await hash(`${accountId} ${address}`)}`,
      email: address,
      ...rest,
      mayDelete: false as const,
    })),
  );
  return { list, state: await hash(JSON.stringify(list)) };
}
