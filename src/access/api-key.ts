import type { KeyPermission, NewApiKey } from "../contract/api-keys.ts";
import { type Permission, permissionsOf } from "../contract/permission.ts";
import type { Role } from "../contract/session.ts";
import type { TenantTx } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import { TenantId } from "../kernel/id.ts";
import { base32ToUuid, newUuid, uuidToBase32 } from "../kernel/uuid.ts";
import { insertAudit, type Principal, type SignInClient, type Tenancy } from "../tenants/index.ts";
import {
  countApiKeys,
  deleteApiKey,
  findApiKey,
  insertApiKey,
  markApiKeyOutlived,
  type StoredKey,
  touchApiKey,
} from "./api-key.store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const PREFIX = "angelia-key";
const SECRET_LETTERS = 52;
/** More than this many nobody keeps in mind. */
const KEYS_MAX = 200;
const USE_NOTED_EVERY_MS = 3_600_000;

/** Who asks with a key: it is nobody's account. */
export interface KeyHolder {
  readonly tenantId: TenantId;
  readonly keyId: string;
  readonly label: string;
  readonly permissions: readonly KeyPermission[];
}

async function hashOf(secret: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)));
}

/** Whether a token has the form of a key, right or not. */
export const isApiKey = (token: string): boolean => token.startsWith(`${PREFIX}.`);

/** The tenant stands in the key, since a look-up without one sees nothing. */
function parseKey(key: string): { readonly tenantId: TenantId; readonly secret: string } | null {
  const [prefix, tenant = "", secret = "", ...rest] = key.split(".");
  const uuid = prefix === PREFIX && rest.length === 0 ? base32ToUuid(tenant) : null;
  if (uuid === null || secret.length !== SECRET_LETTERS) return null;
  return { tenantId: TenantId.parse(uuid), secret };
}

/** Whether somebody with these roles may give a key these permissions: nothing that they lack, and to grant roles is an owner's to give. */
export function mayGive(
  wanted: readonly KeyPermission[],
  roles: readonly Role[],
  own: ReadonlySet<Permission> = permissionsOf(roles),
): boolean {
  return wanted.every((one) => own.has(one) && (one !== "roles:write" || roles.includes("owner")));
}

/** A key that is not stored yet. */
export interface MadeKey extends StoredKey {
  readonly key: string;
  /** Stores it in the transaction of the request's answer. @throws {MailError} api_key_exists, limit_above_cap: there are too many */
  store(tx: TenantTx): Promise<void>;
}

/** Makes a key for a program of the agency.
 * @param maker with what they are and may do @throws {MailError} permission_not_yours, invalid_input */
export async function makeApiKey(
  { clock, random }: Pick<Tenancy, "clock" | "random">,
  maker: {
    readonly principal: Principal;
    readonly roles: readonly Role[];
    readonly permissions: ReadonlySet<Permission>;
  },
  { label, permissions: wanted, expiresAt: ends }: NewApiKey,
): Promise<MadeKey> {
  const { tenantId, accountId: createdById, address: createdBy } = maker.principal;
  const permissions = [...new Set(wanted)].toSorted();
  if (!mayGive(permissions, maker.roles, maker.permissions))
    throw new MailError("permission_not_yours", { permissions });
  const createdAt = clock();
  const expiresAt = ends === undefined ? null : Date.parse(ends);
  if (expiresAt !== null && expiresAt <= createdAt)
    throw new MailError("invalid_input", { errors: [{ field: "expiresAt", code: "malformed" }] });
  const secret = [...random(SECRET_LETTERS)].map((octet) => LETTERS[octet & 31] ?? "").join("");
  const hash = await hashOf(secret);
  const id = newUuid(clock, random);
  return {
    id,
    label,
    permissions,
    createdBy,
    createdAt,
    expiresAt,
    lastUsedAt: null,
    makerRoles: maker.roles,
    key: `${PREFIX}.${uuidToBase32(tenantId)}.${secret}`,
    async store(tx) {
      if ((await countApiKeys(tx)) >= KEYS_MAX) throw new MailError("limit_above_cap", { KEYS_MAX });
      await insertApiKey(tx, { id, label, hash, permissions, createdBy, createdById, createdAt, expiresAt });
      const detail = { id, permissions: permissions.join(" "), expiresAt: ends ?? "" };
      await insertAudit(tx, { actor: createdBy, action: "api_key.add", subject: label, detail });
    },
  };
}

/** Ends a key at once. @throws {MailError} api_key_unknown */
export async function removeApiKey(tx: TenantTx, actor: string, id: string): Promise<void> {
  const label = await deleteApiKey(tx, id);
  if (label === undefined) throw new MailError("api_key_unknown", { id });
  await insertAudit(tx, { actor, action: "api_key.remove", subject: label, detail: { id } });
}

/** Finds who asks with a key. A wrong one counts as a wrong token does; one that has ended does not, since nobody guesses it.
 * @throws {MailError} token_refused, sign_in_throttled, unavailable */
export async function signInByKey(tenancy: Tenancy, key: string, client: SignInClient): Promise<KeyHolder> {
  const parsed = parseKey(key);
  const found =
    parsed === null ? undefined : await findApiKey(tenancy.db, parsed.tenantId, await hashOf(parsed.secret));
  if (parsed === null || found === undefined)
    throw await tenancy.guard.wrongToken(client, new MailError("token_refused", { why: "no such key" }));
  const now = tenancy.clock();
  if (found.expiresAt !== null && found.expiresAt <= now)
    throw new MailError("token_refused", { why: "the key has ended" });
  const { id: keyId, label, permissions, lastUsedAt } = found;
  const holder = { tenantId: parsed.tenantId, keyId, label, permissions };
  if (lastUsedAt === null || lastUsedAt <= now - USE_NOTED_EVERY_MS) await noteUse(tenancy, holder, now);
  return holder;
}

/** A key is the agency's and goes on when who made it leaves or may less than before: that is told in the audit log, once each time. */
async function noteUse(
  { db }: Tenancy,
  { tenantId, keyId, label, permissions }: KeyHolder,
  now: number,
): Promise<void> {
  await db.tenant(tenantId, async (tx) => {
    const noted = await touchApiKey(tx, keyId, { now, unless: now - USE_NOTED_EVERY_MS });
    if (noted === undefined) return;
    const isOutlived = !mayGive(permissions, noted.makerRoles);
    if (isOutlived === noted.isTold) return;
    await markApiKeyOutlived(tx, keyId, isOutlived ? now : null);
    if (!isOutlived) return;
    const detail = { id: keyId, createdBy: noted.createdBy };
    await insertAudit(tx, { actor: `api-key:${label}`, action: "api_key.outlived", subject: label, detail });
  });
}
