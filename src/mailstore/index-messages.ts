import { MailError } from "../kernel/error.ts";
import type { BlobId, MailboxId, MessageId, TenantId } from "../kernel/id.ts";
import type { Mailstore } from "./delivery.ts";
import { GramHasher, GramSet } from "./gram-filter.ts";
import {
  insertFilters,
  insertSearchKeys,
  listKeyless,
  listUnindexed,
  type MessageFilters,
  readSearchProgress,
  readUnindexed,
  type Unindexed,
  writeSearchProgress,
} from "./search-index.store.ts";
import { searchKeys } from "./search-keys.ts";
import { foldedSlices, type Pause, type ReadOctets, searchTexts } from "./search-texts.ts";
import { type SipKey, sipKey } from "./sip-hash.ts";
import type { UidRange } from "./uid-in.store.ts";

/** Messages whose index is one commit. */
const BATCH = 20;
/** Messages that are looked at for whether they are indexed. */
const LOOK = 500;
/** Sort keys alone cost little. */
const KEYS_BATCH = 500;
/** A message up to this size is read in one go. */
const WHOLE_BYTES = 131_072;
/** Between the making of a message's id and its commit there is less than this; up to there the job looks again. */
const LATE_MS = 15 * 60_000;

/** What filters are made under. */
interface FilterKey {
  readonly tenantKeyId: string;
  readonly key: SipKey;
}

/** Indexes messages, one after the other; made once per process: what it stands on takes 256 KiB. */
export class MessageIndexer {
  readonly #store: Mailstore;
  readonly #pause: Pause;
  readonly #hasher = new GramHasher();
  readonly #sets = { head: new GramSet(), body: new GramSet() };

  constructor(store: Mailstore, pause: Pause) {
    this.#store = store;
    this.#pause = pause;
  }

  /** Indexes what is new in a tenant. @param goesOn asked before each batch @returns whether it is complete */
  async indexTenant(tenantId: TenantId, goesOn: () => boolean): Promise<boolean> {
    const { db, vault } = this.#store;
    const [current] = await vault.searchKeys(tenantId);
    if (current === undefined) return true;
    const filterKey: FilterKey = { tenantKeyId: current[0], key: sipKey(current[1]) };
    let after = await db.tenant(tenantId, readSearchProgress);
    while (goesOn()) {
      const from = after;
      const found = await db.tenant(tenantId, (tx) => listUnindexed(tx, from, LOOK));
      const missing = found.filter(({ isIndexed }) => !isIndexed).map(({ id }) => id);
      for (let at = 0; at < missing.length; at += BATCH) {
        if (!goesOn()) return false;
        await this.#indexBatch(tenantId, missing.slice(at, at + BATCH), filterKey);
      }
      const last = found.at(-1)?.id;
      const until = this.#settled(found.map(({ id }) => id));
      if (until !== undefined) await db.tenant(tenantId, (tx) => writeSearchProgress(tx, until));
      if (last === undefined || found.length < LOOK) return true;
      after = last;
    }
    return false;
  }

  /** The last id before which no more messages will be committed. */
  #settled(ids: readonly MessageId[]): MessageId | undefined {
    const settledMs = this.#store.clock() - LATE_MS;
    return ids.findLast((id) => uuidMs(id) < settledMs);
  }

  async #indexBatch(tenantId: TenantId, ids: readonly MessageId[], filterKey: FilterKey): Promise<void> {
    const { db } = this.#store;
    const messages = await db.tenant(tenantId, (tx) => readUnindexed(tx, ids));
    const filters: MessageFilters[] = [];
    for (const message of messages) {
      const made = await this.#filtersOf(tenantId, message, filterKey);
      if (made !== undefined) filters.push(made);
    }
    await db.tenant(tenantId, async (tx) => {
      await insertSearchKeys(
        tx,
        messages.map(({ id, structure }) => [id, searchKeys(structure)]),
      );
      await insertFilters(tx, filters);
    });
  }

  /** @returns undefined when its octets are gone */
  async #filtersOf(
    tenantId: TenantId,
    { id, blobId, size, structure }: Unindexed,
    { tenantKeyId, key }: FilterKey,
  ): Promise<MessageFilters | undefined> {
    const sets = this.#sets;
    try {
      const read = await this.#reader(tenantId, blobId, size);
      for await (const { of, folded } of foldedSlices(searchTexts(structure, read), 2, this.#pause)) {
        sets[of].add(folded);
        if (sets.head.isTooLarge && sets.body.isTooLarge) break;
      }
    } catch (error) {
      sets.head.take(this.#hasher);
      sets.body.take(this.#hasher);
      if (error instanceof MailError && error.code === "blob_unknown") return undefined;
      throw error;
    }
    this.#hasher.begin(key, id, "head");
    const head = sets.head.take(this.#hasher);
    this.#hasher.begin(key, id, "body");
    const body = sets.body.take(this.#hasher);
    await this.#pause();
    return { messageId: id, tenantKeyId, head, body };
  }

  async #reader(tenantId: TenantId, blobId: BlobId, size: number): Promise<ReadOctets> {
    const { vault } = this.#store;
    if (size > WHOLE_BYTES) {
      return (start, end) =>
        start >= end ? Promise.resolve(new Uint8Array()) : vault.read(tenantId, blobId, { start, end });
    }
    const whole = await vault.read(tenantId, blobId);
    return (start, end) => Promise.resolve(whole.subarray(start, end));
  }
}

/** Sees to it that messages of a mailbox have the keys that SORT and THREAD read. @throws {MailError} unavailable */
export async function completeSearchKeys(
  { db }: Pick<Mailstore, "db">,
  tenantId: TenantId,
  mailboxId: MailboxId,
  uids: readonly UidRange[],
  pause: Pause,
): Promise<void> {
  for (;;) {
    const keyless = await db.tenant(tenantId, (tx) => listKeyless(tx, mailboxId, uids, KEYS_BATCH));
    if (keyless.length === 0) return;
    const rows: (readonly [MessageId, ReturnType<typeof searchKeys>])[] = [];
    for (const { id, structure } of keyless) {
      rows.push([id, searchKeys(structure)]);
      await pause();
    }
    await db.tenant(tenantId, (tx) => insertSearchKeys(tx, rows));
  }
}

/** When a UUIDv7 was made. */
const uuidMs = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
