import type { Permission } from "../contract/permission.ts";
import { MailError } from "../kernel/error.ts";
import { type AccountId, TenantId } from "../kernel/id.ts";
import { base32ToUuid, uuidToBase32 } from "../kernel/uuid.ts";
import { insertAudit, readTenant, type Tenancy, tenantsMeant } from "../tenants/index.ts";
import { supportActor } from "./support-access.ts";
import { supportState } from "./decide-support.ts";
import {
  endSupportSession,
  findSupportSession,
  lockSupport,
  setSupportLink,
  useSupportLink,
} from "./support-access.store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";
const SECRET_LETTERS = 52;
const LINK_LASTS_MS = 15 * 60_000;
const LINK = "link";
const SESSION = "support";

/** What the staff may do with an access to the settings. Nothing of it opens anybody's mail, also not in a roundabout way: no passwords, no
 * forwards and aliases, no shared mailboxes, no moves of domains, no imports, no keys, no roles, and what is in quarantine is not seen. */
export const SUPPORT_PERMISSIONS: readonly Permission[] = [
  "overview:read",
  "people:read",
  "addresses:read",
  "mailboxes:read",
  "domains:read",
  "imports:read",
  "mail-flow:read",
  "security:read",
  "audit:read",
  "roles:read",
  "settings:read",
  "settings:write",
  "integrations:read",
];

/** Somebody of the operator's staff whom the agency has let in. They are nobody of the agency. */
export interface SupportHolder {
  readonly tenantId: TenantId;
  readonly tenantName: string;
  readonly support: {
    readonly id: string;
    readonly operator: string;
    readonly scope: "settings" | "mailbox";
    /** milliseconds since the epoch */
    readonly expiresAt: number;
  };
  /** whose mail may be read; null: nobody's */
  readonly mailbox: { readonly accountId: AccountId; readonly address: string; readonly name: string } | null;
}

async function hashOf(secret: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)));
}

function newToken({ random }: Pick<Tenancy, "random">, kind: string, tenantId: TenantId): string {
  const secret = [...random(SECRET_LETTERS)].map((octet) => LETTERS[octet & 31] ?? "").join("");
  return `${kind}.${uuidToBase32(tenantId)}.${secret}`;
}

/** The tenant stands in the token, since a look-up without one sees nothing. */
function tenantIn(token: string, kind: string): TenantId | null {
  const [prefix, tenant = "", secret = "", ...rest] = token.split(".");
  const uuid = prefix === kind && rest.length === 0 ? base32ToUuid(tenant) : null;
  return uuid === null || secret.length !== SECRET_LETTERS ? null : TenantId.parse(uuid);
}

/** Whether a session's token is one of the staff, right or not. */
export const isSupportToken = (token: string): boolean => token.startsWith(`${SESSION}.`);

/** A link for the one who asked, which works once and for 15 minutes.
 * @returns the token in it @throws {MailError} tenant_unknown, support_unknown, support_closed: not granted, or over */
export async function makeSupportLink(
  tenancy: Tenancy,
  slug: string,
  id: string,
): Promise<{ readonly token: string; readonly expiresAt: number }> {
  const [tenant] = await tenantsMeant(tenancy, { slug });
  if (tenant === undefined) throw new MailError("tenant_unknown", { slug });
  const token = newToken(tenancy, LINK, tenant.id);
  const hash = await hashOf(token);
  const now = tenancy.clock();
  return tenancy.db.tenant(tenant.id, async (tx) => {
    const one = await lockSupport(tx, id);
    if (one === undefined) throw new MailError("support_unknown");
    const state = supportState({ ...one, agreed: [] }, now);
    if (state !== "granted" || one.expiresAt === null) throw new MailError("support_closed", { state });
    await setSupportLink(tx, id, { hash, until: now + LINK_LASTS_MS });
    await insertAudit(tx, {
      actor: supportActor(one.operator),
      action: "support.link",
      subject: one.mailbox ?? slug,
      detail: { id },
    });
    return { token, expiresAt: one.expiresAt };
  });
}

/** Turns the link into a session, once. @returns the token for the cookie @throws {MailError} link_invalid */
export async function enterSupport(tenancy: Tenancy, token: string): Promise<string> {
  const tenantId = tenantIn(token, LINK);
  if (tenantId === null) throw new MailError("link_invalid");
  const session = newToken(tenancy, SESSION, tenantId);
  const hashes = { link: await hashOf(token), session: await hashOf(session) };
  await tenancy.db.tenant(tenantId, async (tx) => {
    const found = await useSupportLink(tx, { ...hashes, now: tenancy.clock() });
    if (found === undefined) throw new MailError("link_invalid");
    await insertAudit(tx, {
      actor: supportActor(found.operator),
      action: "support.sign_in",
      subject: found.mailbox ?? (await readTenant(tx)).slug,
      detail: { id: found.id, scope: found.scope },
    });
  });
  return session;
}

/** @returns null: malformed, unknown, ended or expired */
export async function readSupportSession(tenancy: Tenancy, token: string): Promise<SupportHolder | null> {
  const tenantId = tenantIn(token, SESSION);
  if (tenantId === null) return null;
  const hash = await hashOf(token);
  const found = await tenancy.db.tenant(tenantId, (tx) => findSupportSession(tx, hash, tenancy.clock()));
  if (found === undefined) return null;
  const { id, operator, scope, expiresAt, tenantName, accountId, mailbox, mailboxName } = found;
  return {
    tenantId,
    tenantName,
    support: { id, operator, scope, expiresAt },
    mailbox:
      scope === "settings" || accountId === null || mailbox === null
        ? null
        : { accountId, address: mailbox, name: mailboxName ?? "" },
  };
}

/** The browser signs out; the access stays open. */
export async function leaveSupport(tenancy: Tenancy, token: string): Promise<void> {
  const tenantId = tenantIn(token, SESSION);
  if (tenantId === null) return;
  const hash = await hashOf(token);
  await tenancy.db.tenant(tenantId, (tx) => endSupportSession(tx, hash));
}
