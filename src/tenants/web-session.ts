import { domainsOf, type Role } from "../contract/permission.ts";
import { SecurityPolicy } from "../contract/security.ts";
import { TenantId } from "../kernel/id.ts";
import { base32ToUuid, uuidToBase32 } from "../kernel/uuid.ts";
import type { Principal, Tenancy } from "./tenancy.ts";
import { placesOf } from "./sign-in-places.ts";
import { deleteWebSession, findWebSession, insertWebSession, touchWebSession } from "./web-session.store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const DAYS_BY_DEFAULT = SecurityPolicy.parse({}).sessionDays;
/** How exactly it is known when a session was last used. */
const SEEN_MS = 15 * 60_000;
const DEVICE_MAX = 300;

/** The browser that signs in. */
export interface Device {
  /** what it calls itself (User-Agent); undefined: it does not say */
  readonly name: string | undefined;
  /** its IP address; undefined: the runtime can't tell */
  readonly ip: string | undefined;
}

/** A browser's sign-in, with what its first screen shows. */
export interface SessionInfo extends Principal {
  readonly locale: string;
  readonly tenantName: string;
  readonly roles: readonly Role[];
  /** the domains that they look after; null: all of the agency */
  readonly domains: readonly string[] | null;
  /** of this browser, as `listWebSessions` has it */
  readonly sessionId: string;
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
export async function openWebSession(
  tenancy: Tenancy,
  principal: Principal,
  device: Device = { name: undefined, ip: undefined },
): Promise<string> {
  const letters = "abcdefghijklmnopqrstuvwxyz234567";
  const secret = [...tenancy.random(52)].map((byte) => letters[byte & 31] ?? "").join("");
  const tokenHash = await hashOf(secret);
  const session = {
    tokenHash,
    accountId: principal.accountId,
    openedAt: tenancy.clock(),
    // What PostgreSQL can't keep, and what would make a page of it unreadable.
    // oxlint-disable-next-line no-control-regex -- control characters are what is meant
    device: (device.name ?? "").replaceAll(/[\0-\x1f\x7f]/g, "").slice(0, DEVICE_MAX),
    network: placesOf(device.ip).network,
  };
  await tenancy.db.tenant(principal.tenantId, (tx) => insertWebSession(tx, session, DAYS_BY_DEFAULT));
  return `${uuidToBase32(principal.tenantId)}.${secret}`;
}

/** @returns null when the token is malformed, unknown, ended or expired, or the account is switched off */
export async function readWebSession(tenancy: Tenancy, token: string): Promise<SessionInfo | null> {
  const parsed = parseToken(token);
  if (parsed === null) return null;
  const tokenHash = await hashOf(parsed.secret);
  const { tenantId } = parsed;
  const now = tenancy.clock();
  const row = await tenancy.db.tenant(tenantId, async (tx) => {
    const found = await findWebSession(tx, tokenHash, now);
    if (found !== undefined && now - found.lastSeenAt >= SEEN_MS) await touchWebSession(tx, tokenHash, now);
    return found;
  });
  if (row === undefined) return null;
  const { grants, lastSeenAt: _, ...session } = row;
  return { tenantId, ...session, roles: grants.map((one) => one.role), domains: domainsOf(grants) };
}

/** Succeeds also when there is no such session. */
export async function closeWebSession(tenancy: Tenancy, token: string): Promise<void> {
  const parsed = parseToken(token);
  if (parsed === null) return;
  const tokenHash = await hashOf(parsed.secret);
  await tenancy.db.tenant(parsed.tenantId, (tx) => deleteWebSession(tx, tokenHash));
}
