import type { AccountId, TenantId } from "../kernel/id.ts";
import { saslprep } from "../protocol/sasl/index.ts";
import type { SealedScram } from "./credential.store.ts";
import { deriveScramKeys, type ScramKeys } from "./scram-keys.ts";
import type { Tenancy } from "./tenancy.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Keyed = Pick<Tenancy, "keys">;

/** RFC 7677 §4 asks for 4096 at least. More would protect nobody who has the database alone: the keys are sealed. */
export const SCRAM_ITERATIONS = 4_096;
const KEY_OCTETS = 32;

const purpose = (accountId: AccountId): string => `scram:${accountId}`;

/** The salt of all passwords of an account, which a client is told before it has proven anything. It is made of a key that the processes
 * have, so it needs no row, and that of an address which does not exist is as random and as stable as any other.
 * @param about the account's id, or the address where there is none */
export async function scramSalt({ keys }: Keyed, about: string): Promise<Bytes> {
  return (await keys.pepper(new TextEncoder().encode(`scram salt\0${about}`))).slice(0, 16);
}

/** What SCRAM needs of a password, sealed under the tenant's key: whoever has the database alone can't try passwords on it.
 * @returns null: SCRAM has no form for this password @throws {MailError} tenant_unknown, unavailable */
export async function newScramVerifier(
  { keys }: Keyed,
  tenantId: TenantId,
  accountId: AccountId,
  password: string,
): Promise<SealedScram | null> {
  const prepared = saslprep(password);
  if (!prepared.ok) return null;
  const salt = await scramSalt({ keys }, accountId);
  const { storedKey, serverKey } = await deriveScramKeys(prepared.value, salt, SCRAM_ITERATIONS);
  const both = new Uint8Array(2 * KEY_OCTETS);
  both.set(storedKey);
  both.set(serverKey, KEY_OCTETS);
  const sealed = await keys.sealSecret(tenantId, purpose(accountId), both);
  return { iterations: SCRAM_ITERATIONS, ...sealed };
}

/** @throws {MailError} blob_unknown: the tenant's key is gone */
export async function openScramVerifier(
  { keys }: Keyed,
  tenantId: TenantId,
  accountId: AccountId,
  sealed: SealedScram,
): Promise<ScramKeys> {
  const both = await keys.openSecret(tenantId, purpose(accountId), sealed);
  return { storedKey: both.slice(0, KEY_OCTETS), serverKey: both.slice(KEY_OCTETS) };
}
