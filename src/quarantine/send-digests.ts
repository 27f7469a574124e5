import { joinSources, sourceOf } from "../blob/index.ts";
import type { MailPolicy } from "../contract/mail-policy.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";
import { newUuid } from "../kernel/uuid.ts";
import {
  insertDeliveries,
  type Mailstore,
  prepareMessage,
  type PreparedMessage,
} from "../mailstore/index.ts";
import { printReturnPath } from "../protocol/smtp/index.ts";
import type { Tenancy } from "../tenants/index.ts";
import {
  type DigestItem,
  findUntoldTenants,
  listUntold,
  listUntoldItems,
  markTold,
  type Untold,
} from "./digest.store.ts";
import { type DigestLine, printDigest } from "./digest-message.ts";
import { userMayRelease } from "./held.ts";
import { signLink } from "./link.ts";

/** What digests are made of. */
export interface DigestDeps {
  readonly store: Mailstore;
  readonly tenancy: Tenancy;
  /** How this server names itself in message ids. */
  readonly hostname: string;
  /** Where people reach the web pages, without a slash at the end: `ANGELIA_PUBLIC_URL`. */
  readonly publicUrl: string;
}

/** Lines of one digest; what is beyond them is counted. */
const LINES_MAX = 50;
const PAGE = 100;
/** Digests of a day go out at the same time every day, although the job never runs at exactly that time. */
const SLACK_MS = 15 * 60_000;
const EVERY_MS: Readonly<Record<MailPolicy["digest"], number | null>> = {
  hourly: 3_600_000,
  daily: 86_400_000,
  never: null,
};

/** Tells everybody, as often as their agency wants it, of what is new in quarantine for them.
 * Safe to be run twice and to be cut at any moment: a digest and the note of what it tells are one commit.
 * @param isStopping asked between two people
 * @returns how many digests went out   @throws what went wrong first, after the others have got theirs */
export async function sendDigests(deps: DigestDeps, isStopping: () => boolean): Promise<number> {
  const { store, tenancy } = deps;
  const tenants = await store.db.system("quarantine: who is to be told", findUntoldTenants);
  let sent = 0;
  let failure: { readonly error: unknown } | undefined;
  for (const tenantId of tenants) {
    if (isStopping()) break;
    try {
      const every = EVERY_MS[(await tenancy.policies.of(tenantId)).digest];
      if (every !== null) sent += await tellTenant(deps, tenantId, every, isStopping);
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
  return sent;
}

async function tellTenant(
  deps: DigestDeps,
  tenantId: TenantId,
  everyMs: number,
  isStopping: () => boolean,
): Promise<number> {
  const { db, clock } = deps.store;
  let sent = 0;
  let after: AccountId | null = null;
  for (;;) {
    const before = clock() - everyMs + SLACK_MS;
    const page: Untold[] = await db.tenant(tenantId, (tx) => listUntold(tx, { before, after, limit: PAGE }));
    for (const person of page) {
      if (isStopping()) return sent;
      if (await tellPerson(deps, tenantId, person, before)) sent += 1;
    }
    const last: Untold | undefined = page.at(-1);
    if (last === undefined || page.length < PAGE) return sent;
    after = last.accountId;
  }
}

/** Rolls the transaction back without being an error. */
class NotNow extends Error {}

/** @returns false: another process told them, or something was decided meanwhile; the next run tells what is left */
async function tellPerson(
  deps: DigestDeps,
  tenantId: TenantId,
  person: Untold,
  before: number,
): Promise<boolean> {
  const { store } = deps;
  const { accountId } = person;
  const items = await store.db.tenant(tenantId, (tx) => listUntoldItems(tx, accountId, LINES_MAX));
  if (items.length === 0) return false;
  const message = await writeDigest(deps, tenantId, person, items);
  const now = store.clock();
  try {
    await store.db.tenant(tenantId, async (tx) => {
      const ids = items.map((one) => one.id);
      if (!(await markTold(tx, accountId, { ids, now, before }))) throw new NotNow();
      const inbox = {
        mailbox: { role: "inbox" as const },
        flags: { bits: 0, keywords: [] },
        receivedAt: now,
      };
      // Somebody whose mailbox is full needs to know all the more.
      const [outcome] = await insertDeliveries(tx, message, [{ accountId, ...inbox }], { ignoreQuota: true });
      if (outcome?.outcome !== "delivered") throw new NotNow();
    });
  } catch (error) {
    if (error instanceof NotNow) return false;
    throw error;
  }
  store.changes.committed(tenantId, [accountId]);
  return true;
}

async function writeDigest(
  { store, tenancy, hostname, publicUrl }: DigestDeps,
  tenantId: TenantId,
  person: Untold,
  items: readonly DigestItem[],
): Promise<PreparedMessage> {
  const { accountId, address } = person;
  const newId = (): string => newUuid(store.clock, store.random);
  const lines = items.map(async (item): Promise<DigestLine> => {
    const link = async (action: "release" | "delete"): Promise<string> => {
      const claim = { tenantId, accountId, id: item.id, action, expiresAt: item.expiresAt };
      return `${publicUrl}/release#${await signLink(tenancy.keys, claim)}`;
    };
    const releaseUrl = userMayRelease(item) ? await link("release") : null;
    return { ...item, releaseUrl, deleteUrl: await link("delete") };
  });
  const digest = printDigest(
    {
      name: person.name,
      address,
      locale: person.locale,
      from: `postmaster@${address.slice(address.lastIndexOf("@") + 1)}`,
      messageId: `${newId()}@${hostname}`,
      at: store.clock(),
      lines: await Promise.all(lines),
      more: Math.max(0, person.count - items.length),
      allUrl: `${publicUrl}/held`,
    },
    () => `=_${newId().replaceAll("-", "")}`,
  );
  const head = sourceOf(new TextEncoder().encode(printReturnPath("")));
  return prepareMessage(store, tenantId, joinSources(head, digest));
}
