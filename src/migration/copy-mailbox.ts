import { MailError } from "../kernel/error.ts";
import type { Log } from "../kernel/ports.ts";
import { type Mailstore, prepareMessage } from "../mailstore/index.ts";
import {
  commitBatch,
  followFlags,
  type FolderRun,
  LEASE_MS,
  LeaseLost,
  type ReadMessage,
} from "./commit-batch.ts";
import { digestOf, identify } from "./digests.ts";
import { ensureTarget } from "./ensure-target.ts";
import { listCopies } from "./migration-copy.store.ts";
import {
  beginMigrationFolder,
  endMigrationFolder,
  type FolderRow,
  insertFailures,
  listMigrationFolders,
  upsertMigrationFolders,
} from "./migration-folder.store.ts";
import { holdMailbox } from "./migration-mailbox.store.ts";
import { type FolderTarget, type PlannedFolder, planFolders, printTarget } from "./plan-folders.ts";
import type { CopyRow, MailboxLease, MailboxRow, MigrationRow } from "./rows.ts";
import type { FailureCode, MailSource, OpenFolder, SourceItem } from "./source.ts";

export interface CopyDeps {
  readonly store: Mailstore;
  readonly log: Log;
  /** A message that is larger is not taken. */
  readonly maxMessageBytes: number;
  /** Told after each commit how many messages it has brought or found to be here. */
  onCopied?(count: number): void;
}

/** One mailbox that somebody has leased. */
export interface MailboxRun {
  readonly migration: MigrationRow;
  readonly row: MailboxRow;
  readonly lease: MailboxLease;
  /** Aborted: the process is to end. */
  readonly stopping: AbortSignal;
}

/** done: this pass is through. full: the mailbox here has no room. stopped: the process ends; another one goes on. */
export type CopyEnd = "done" | "full" | "stopped";

/** Messages and octets that one commit takes: more would lock the account for too long. */
const BATCH_MESSAGES = 32;
const BATCH_OCTETS = 512 * 1024;
/** Blobs in the object store are garbage until the commit: few at a time. */
const BATCH_LARGE = 8;
/** A commit that took so long says that others need the database: they get as long again. */
const SLOW_MS = 400;
const REST_MS_MAX = 5_000;

/** Copies what is not here yet of a whole mailbox, folder by folder. Going on after a crash is the same as beginning.
 * @throws {LeaseLost} @throws {SourceError} @throws {MailError} unavailable */
export async function copyMailbox(deps: CopyDeps, run: MailboxRun, source: MailSource): Promise<CopyEnd> {
  const { store } = deps;
  const { row, migration, lease } = run;
  const planned = planFolders(await source.folders(), migration.into);
  const refs = await Promise.all(planned.map(({ folder }) => digestOf(store, source.identity, folder.key)));
  const known = await store.db.tenant(lease.tenantId, async (tx) => {
    if (!(await holdMailbox(tx, lease, store.clock() + LEASE_MS))) throw new LeaseLost();
    await upsertMigrationFolders(
      tx,
      row.id,
      planned.map(({ folder, target }, i) => ({
        ref: refs[i] ?? "",
        path: folder.levels.join("/"),
        target: target === null ? null : printTarget(target),
      })),
    );
    return new Map((await listMigrationFolders(tx, row.id)).map((one) => [one.ref, one]));
  });
  for (const [i, plan] of planned.entries()) {
    const folderRow = known.get(refs[i] ?? "");
    if (plan.target === null || folderRow === undefined || folderRow.donePass >= migration.pass) continue;
    if (run.stopping.aborted) return "stopped";
    const copy = new FolderCopy(deps, run, source, folderRow);
    const end = await copy.all(plan, plan.target);
    if (end !== "done") return end;
  }
  return "done";
}

/** The way of one folder. */
class FolderCopy {
  readonly #deps: CopyDeps;
  readonly #run: MailboxRun;
  readonly #source: MailSource;
  readonly #row: FolderRow;
  /** What was copied of the numbers that are looked at. */
  #known = new Map<number, CopyRow>();
  #elsewhere = 0;
  #batch: ReadMessage[] = [];
  #octets = 0;
  #large = 0;

  constructor(deps: CopyDeps, run: MailboxRun, source: MailSource, row: FolderRow) {
    this.#deps = deps;
    this.#run = run;
    this.#source = source;
    this.#row = row;
  }

  async all({ folder, isAll }: PlannedFolder, target: FolderTarget): Promise<CopyEnd> {
    const { store } = this.#deps;
    const { row, lease, migration } = this.#run;
    const { tenantId } = lease;
    const opened = await this.#source.open(folder);
    const { ref, path } = this.#row;
    const isUnchanged =
      opened.mark !== null &&
      opened.mark === this.#row.mark &&
      this.#row.donePass > 0 &&
      this.#row.failed === 0;
    const mailboxId = await this.#held(async (tx) => {
      await beginMigrationFolder(tx, row.id, { ref, path, found: opened.found });
      if (isUnchanged)
        await endMigrationFolder(tx, row.id, {
          ref,
          pass: migration.pass,
          mark: opened.mark,
          elsewhere: null,
        });
      return isUnchanged ? null : (await ensureTarget(tx, row.accountId, target, folder.isSubscribed)).id;
    });
    store.changes.committed(tenantId, [row.accountId]);
    if (mailboxId === null) return "done";
    const run: FolderRun = {
      lease,
      tenantId,
      rowId: row.id,
      accountId: row.accountId,
      source: await digestOf(store, this.#source.identity, folder.key, opened.validity),
      ref,
      mailboxId,
      isAll,
    };
    const end = await this.#copy(run, opened);
    if (end !== "done") return end;
    await this.#held((tx) =>
      endMigrationFolder(tx, row.id, {
        ref,
        pass: migration.pass,
        mark: opened.mark,
        elsewhere: this.#elsewhere,
      }),
    );
    return "done";
  }

  async #copy(run: FolderRun, opened: OpenFolder): Promise<CopyEnd> {
    const { stopping } = this.#run;
    for await (const item of opened.read((lo, hi) => this.#isKnown(run, lo, hi))) {
      if (stopping.aborted) return "stopped";
      if (item.kind === "elsewhere") this.#elsewhere += item.count;
      else if (item.kind === "failed") await this.#fail(item.uid, item.code, item.detail);
      else if (item.kind === "known") await this.#follow(run, item.marks);
      else {
        try {
          await this.#take(item);
        } finally {
          await item.release?.();
        }
        const isLarge = this.#octets >= BATCH_OCTETS || this.#large >= BATCH_LARGE;
        if ((isLarge || this.#batch.length >= BATCH_MESSAGES) && (await this.#commit(run))) return "full";
      }
    }
    return (await this.#commit(run)) ? "full" : "done";
  }

  async #isKnown(run: FolderRun, lo: number, hi: number): Promise<ReadonlySet<number>> {
    const rows = await this.#held((tx) => listCopies(tx, run.accountId, run.source, { lo, hi }));
    this.#known = new Map(rows.map((one) => [one.uid, one]));
    return new Set(this.#known.keys());
  }

  async #follow(run: FolderRun, marks: Parameters<typeof followFlags>[2]): Promise<void> {
    this.#elsewhere += marks.filter(({ uid }) => this.#known.get(uid)?.rowId !== run.rowId).length;
    await followFlags(this.#deps.store, run, marks, this.#known);
  }

  /** Reads and encrypts one message. */
  async #take(item: Extract<SourceItem, { kind: "message" }>): Promise<void> {
    const { store, maxMessageBytes } = this.#deps;
    const { uid, flags, receivedAt, content } = item;
    if (content.size > maxMessageBytes)
      return this.#fail(
        uid,
        "too_large",
        `${content.size} octets; at most ${maxMessageBytes} are taken here`,
      );
    try {
      const prepared = await prepareMessage(store, this.#run.lease.tenantId, content);
      const identity = await identify(store, this.#source.kind, prepared);
      this.#batch.push({ uid, flags, receivedAt, prepared, identity });
      this.#octets += prepared.blob.hot?.length ?? 0;
      this.#large += prepared.blob.hot === null ? 1 : 0;
    } catch (error) {
      if (error instanceof MailError) throw error;
      this.#deps.log.warn("migration_message_failed", { rowId: this.#run.row.id, uid, error });
      await this.#fail(uid, "unreadable", "it can't be read");
    }
    return undefined;
  }

  /** @returns whether the mailbox is full */
  async #commit(run: FolderRun): Promise<boolean> {
    if (this.#batch.length === 0) return false;
    const batch = this.#batch;
    [this.#batch, this.#octets, this.#large] = [[], 0, 0];
    const { clock } = this.#deps.store;
    const begun = clock();
    const { isFull, count } = await commitBatch(this.#deps.store, run, batch);
    this.#deps.onCopied?.(count);
    const took = clock() - begun;
    if (took > SLOW_MS && !this.#run.stopping.aborted) await this.#rest(Math.min(took, REST_MS_MAX));
    return isFull;
  }

  async #rest(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#run.stopping.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }

  async #fail(uid: number, code: FailureCode, detail: string): Promise<void> {
    await this.#held((tx) => insertFailures(tx, this.#run.row.id, this.#row.ref, [{ uid, code, detail }]));
  }

  /** One transaction under the lease. @throws {LeaseLost} */
  async #held<T>(work: (tx: Parameters<typeof listCopies>[0]) => Promise<T>): Promise<T> {
    const { store } = this.#deps;
    return store.db.tenant(this.#run.lease.tenantId, async (tx) => {
      if (!(await holdMailbox(tx, this.#run.lease, store.clock() + LEASE_MS))) throw new LeaseLost();
      return work(tx);
    });
  }
}
