import type { MailboxId, TenantId } from "../kernel/id.ts";
import {
  bumpModseq,
  type Flags,
  insertFilings,
  listPlacements,
  type Mailstore,
  type PreparedMessage,
  storeFlags,
} from "../mailstore/index.ts";
import {
  type CopyOrigin,
  findSame,
  insertCopies,
  lockAccount,
  type NewCopy,
  setCopyFlags,
} from "./migration-copy.store.ts";
import { holdMailbox } from "./migration-mailbox.store.ts";
import type { CopyRow, Identity, MailboxLease } from "./rows.ts";
import { SourceError } from "./source.ts";

/** How long nobody else takes a mailbox after a sign of life of who works on it. */
export const LEASE_MS = 60_000;

/** Somebody else works on the mailbox by now, or nobody should: nothing was written. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** Where the messages of one folder go. */
export interface FolderRun extends CopyOrigin {
  readonly lease: MailboxLease;
  readonly tenantId: TenantId;
  readonly mailboxId: MailboxId;
  /** What the account has in any folder is not taken. */
  readonly isAll: boolean;
}

/** A message that is read, parsed and encrypted. */
export interface ReadMessage {
  readonly uid: number;
  readonly flags: Flags;
  readonly receivedAt: number;
  readonly prepared: PreparedMessage;
  readonly identity: Identity;
}

/** Stores messages and remembers them in one commit: whatever happens to the process, each is here once.
 * @returns whether the mailbox had no room for some of them, which are not remembered, and how many are
 * @throws {LeaseLost} @throws {SourceError} no_mailbox @throws {MailError} unavailable */
export async function commitBatch(
  store: Mailstore,
  run: FolderRun,
  batch: readonly ReadMessage[],
): Promise<{ readonly isFull: boolean; readonly count: number }> {
  const { tenantId, accountId, mailboxId } = run;
  const done = await store.db.tenant(tenantId, async (tx) => {
    const [isHeld, , same] = await Promise.all([
      holdMailbox(tx, run.lease, store.clock() + LEASE_MS),
      lockAccount(tx, accountId),
      findSame(
        tx,
        accountId,
        run.isAll ? null : mailboxId,
        run.source,
        batch.map(({ identity }) => identity),
      ),
    ]);
    if (!isHeld) throw new LeaseLost();
    const fresh = batch.filter((_, i) => !same.has(i));
    const outcomes = await insertFilings(
      tx,
      fresh.map(({ prepared, flags, receivedAt }) => ({
        message: prepared,
        deliveries: [{ accountId, mailbox: { id: mailboxId }, flags, receivedAt }],
        options: {},
      })),
    );
    let bytes = 0;
    let hasNoRoom = false;
    const copies: NewCopy[] = batch
      .filter((_, i) => same.has(i))
      .map(({ uid, flags, identity }) => ({ ...identity, uid, flags, placed: null }));
    for (const [i, { uid, flags, identity, prepared }] of fresh.entries()) {
      const outcome = outcomes[i]?.[0];
      if (outcome?.outcome === "delivered") {
        bytes += prepared.blob.size;
        copies.push({ ...identity, uid, flags, placed: { mailboxId, uid: outcome.uid } });
      } else if (outcome?.outcome === "over_quota") hasNoRoom = true;
      else throw new SourceError("no_mailbox", "the mailbox here is gone", outcome?.outcome === "no_account");
    }
    if (copies.length > 0) await insertCopies(tx, run, copies, bytes);
    return { isFull: hasNoRoom, count: copies.length };
  });
  store.changes.committed(tenantId, [accountId]);
  return done;
}

/** PostgreSQL looks at so many at a time. */
const FLAGS_AT_ONCE = 500;

const sameFlags = (a: Flags, b: Flags): boolean =>
  a.bits === b.bits && a.keywords.toSorted().join(" ") === b.keywords.toSorted().join(" ");

/** Brings what has changed of the flags since they were copied; not those that somebody has changed here meanwhile.
 * @param marks how messages are marked at the source now   @param known what was remembered of them
 * @throws {LeaseLost} */
export async function followFlags(
  store: Mailstore,
  run: FolderRun,
  marks: readonly { readonly uid: number; readonly flags: Flags }[],
  known: ReadonlyMap<number, CopyRow>,
): Promise<void> {
  const changed = marks.flatMap((mark) => {
    const copy = known.get(mark.uid);
    const isPlaced = copy?.mailboxId === run.mailboxId && copy.mailboxUid !== null;
    return isPlaced && !sameFlags(copy.flags, mark.flags)
      ? [{ ...mark, was: copy.flags, here: copy.mailboxUid }]
      : [];
  });
  for (let i = 0; i < changed.length; i += FLAGS_AT_ONCE)
    await followSome(store, run, changed.slice(i, i + FLAGS_AT_ONCE));
}

async function followSome(
  store: Mailstore,
  run: FolderRun,
  changed: readonly {
    readonly uid: number;
    readonly flags: Flags;
    readonly was: Flags;
    readonly here: number;
  }[],
): Promise<void> {
  const { tenantId, accountId, mailboxId } = run;
  await store.db.tenant(tenantId, async (tx) => {
    if (!(await holdMailbox(tx, run.lease, store.clock() + LEASE_MS))) throw new LeaseLost();
    await bumpModseq(tx, accountId);
    const uids = changed.map(({ here }) => ({ lo: here, hi: here }));
    const now = new Map(
      (await listPlacements(tx, mailboxId, uids, FLAGS_AT_ONCE)).map((one) => [one.uid, one]),
    );
    const untouched = changed.filter(({ here, was }) => {
      const placement = now.get(here);
      return placement !== undefined && sameFlags(placement, was);
    });
    const groups = Map.groupBy(untouched, ({ flags }) => JSON.stringify([flags.bits, flags.keywords]));
    for (const group of groups.values()) {
      const [first] = group;
      if (first === undefined) continue;
      const selection = { mailboxId, uids: group.map(({ here }) => ({ lo: here, hi: here })) };
      await storeFlags(tx, accountId, selection, { op: "replace", ...first.flags });
    }
    if (untouched.length > 0) await setCopyFlags(tx, accountId, run.source, untouched);
  });
  store.changes.committed(tenantId, [accountId]);
}
