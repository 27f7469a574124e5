import type { Role } from "../contract/session.ts";
import { TenantId } from "../kernel/id.ts";
import { base32ToUuid, uuidToBase32 } from "../kernel/uuid.ts";
import type { Principal, Tenancy } from "./tenancy.ts";
import { deleteWebSession, findWebSession, insertWebSession } from "./web-session.store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const LASTS_MS = 14 * 24 * 3_600_000;

/** A browser's sign-in, with what its first screen shows. */
export interface SessionInfo extends Principal {
  readonly locale: string;
  readonly tenantName: string;
  readonly roles: readonly Role[];
}

async function hashOf(secret: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)));
}

/** The tenant stands in the token, since a look-up without one sees nothing. The database has only the hash. */
function parseToken(token: string): { tenantId: TenantId; secret: string } | null {
  const [tenant = "", secret = "", rest] = token.split(".");
  const uuid = base32ToUuid(tenant);
  if (uuid === null || secret.length !== 52 || rest !== undefined) return null;
  return { tenantId: TenantId.parse(uuid), secret };
}

/** @returns the token for the cookie */
export async function openWebSession(tenancy: Tenancy, principal: Principal): Promise<string> {
  const letters = "abcdefghijklmnopqrstuvwxyz234567";
  const secret = [...tenancy.random(52)].map((byte) => letters[byte & 31] ?? "").join("");
  const tokenHash = await hashOf(secret);
  const expiresAt = tenancy.clock() + LASTS_MS;
  await tenancy.db.tenant(principal.tenantId, (tx) =>
    insertWebSession(tx, { tokenHash, accountId: principal.accountId, expiresAt }),
  );
  return `${uuidToBase32(principal.tenantId)}.${secret}`;
}

/** @returns null when the token is malformed, unknown, ended or expired, or the account is switched off */
export async function readWebSession(tenancy: Tenancy, token: string): Promise<SessionInfo | null> {
  const parsed = parseToken(token);
  if (parsed === null) return null;
  const tokenHash = await hashOf(parsed.secret);
  const { tenantId } = parsed;
  const row = await tenancy.db.tenant(tenantId, (tx) => findWebSession(tx, tokenHash, tenancy.clock()));
  return row === undefined ? null : { tenantId, ...row };
}

/** Succeeds also when there is no such session. */
export async function closeWebSession(tenancy: Tenancy, token: string): Promise<void> {
  const parsed = parseToken(token);
  if (parsed === null) return;
  const tokenHash = await hashOf(parsed.secret);
  await tenancy.db.tenant(parsed.tenantId, (tx) => deleteWebSession(tx, tokenHash));
}
