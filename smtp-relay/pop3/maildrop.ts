import type { BlobId, EmailId } from "../../src/kernel/id.ts";
import {
  findMaildropBlob,
  listMaildropEmails,
  listMaildropHidden,
  listMaildropSizes,
  type Mailstore,
  type MaildropSizes,
  movePlacements,
  readMailboxByRole,
  readMaildrop,
  type Maildrop as StoredMaildrop,
} from "../../src/mailstore/index.ts";
import { printId } from "../../src/protocol/jmap/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { type MaildropView, mergeEntries } from "./maildrop-view.ts";

/** Messages that one query lists. */
const LIST_PAGE = 100_000;
/** Unique-ids that one query looks up, and messages that one statement moves. */
const PAGE = 5_000;

/**
 * The inbox as one session sees it from sign-in to QUIT: what comes or goes meanwhile does not change it (RFC 1939 §5). Opening it reads
 * one row, whatever it holds; the list of messages is read when a command needs it.
 */
export class Maildrop {
  readonly #store: Mailstore;
  readonly #who: Principal;
  readonly #box: StoredMaildrop;
  #view: MaildropView | undefined;

  private constructor(store: Mailstore, who: Principal, box: StoredMaildrop) {
    this.#store = store;
    this.#who = who;
    this.#box = box;
  }

  /** @throws {MailError} unavailable */
  static async open(store: Mailstore, who: Principal): Promise<Maildrop> {
    return new Maildrop(store, who, await readMaildrop(store.db, who.tenantId, who.accountId));
  }

  /** Messages that are not marked, and their octets. */
  get totals(): { readonly count: number; readonly totalBytes: number } {
    return this.#view ?? this.#box;
  }

  unmarkAll(): void {
    this.#view?.unmarkAll();
  }

  /** The list of messages. @throws {MailError} unavailable */
  async view(): Promise<MaildropView> {
    this.#view ??= await this.#store.db.tenant(this.#who.tenantId, async (tx) => {
      const pages: MaildropSizes[] = [];
      for (let after = 0; ;) {
        const page = await listMaildropSizes(tx, this.#who.accountId, this.#box, after, LIST_PAGE);
        pages.push(page);
        if (page.uids.length < LIST_PAGE) break;
        after = page.uids.at(-1) ?? after;
      }
      return mergeEntries(pages, await listMaildropHidden(tx, this.#who.accountId, this.#box));
    });
    return this.#view;
  }

  /** Where the octets of a message are. @returns undefined when they have been destroyed meanwhile */
  blobOf(uid: number): Promise<BlobId | undefined> {
    const { tenantId, accountId } = this.#who;
    return findMaildropBlob(this.#store.db, tenantId, accountId, this.#box.mailboxId, uid);
  }

  /** The unique-ids of messages that are not marked, from number `from` to `to`, in lists.
   * A unique-id is that of the email (IMAP's EMAILID, JMAP's id): it stays when a message is moved, and when it comes back. */
  async *uniqueIds(from: number, to: number): AsyncGenerator<readonly (readonly [number, string])[]> {
    const view = await this.view();
    let hidden: ReadonlyMap<number, EmailId> | undefined;
    for (let first = from; first <= to; first += PAGE) {
      const last = Math.min(to, first + PAGE - 1);
      const [lo, hi] = [view.at(first)?.uid ?? 0, view.at(last)?.uid ?? 0];
      const emails = await this.#emails(lo, hi);
      if (emails.size < last - first + 1) hidden ??= await this.#hidden();
      const ids: (readonly [number, string])[] = [];
      for (let number = first; number <= last; number++) {
        const uid = view.at(number)?.uid ?? 0;
        const emailId = emails.get(uid) ?? hidden?.get(uid);
        // Its memory has been destroyed: it still has a name of its own.
        const id =
          emailId === undefined
            ? `${printId("mailbox", this.#box.mailboxId)}.${uid}`
            : printId("email", emailId);
        if (!view.isMarked(number)) ids.push([number, id]);
      }
      yield ids;
    }
  }

  async #emails(lo: number, hi: number): Promise<ReadonlyMap<number, EmailId>> {
    const { tenantId, accountId } = this.#who;
    const rows = await this.#store.db.tenant(tenantId, (tx) =>
      listMaildropEmails(tx, accountId, this.#box.mailboxId, lo, hi),
    );
    return new Map(rows.map(({ uid, emailId }) => [uid, emailId]));
  }

  async #hidden(): Promise<ReadonlyMap<number, EmailId>> {
    const { tenantId, accountId } = this.#who;
    const rows = await this.#store.db.tenant(tenantId, (tx) => listMaildropHidden(tx, accountId, this.#box));
    return new Map(rows.map(({ uid, emailId }) => [uid, emailId]));
  }

  /** The UPDATE state (RFC 1939 §6): what is marked goes to the trash in one commit, all of it or nothing. What others have moved away
   * meanwhile stays where they put it. @returns how many messages went @throws {MailError} unavailable */
  async update(): Promise<number> {
    const view = this.#view;
    if (view === undefined || view.count === view.last) return 0;
    const { tenantId, accountId } = this.#who;
    const moved = await this.#store.db.tenant(tenantId, async (tx) => {
      const trash = await readMailboxByRole(tx, accountId, "trash");
      let count = 0;
      for (const uids of view.markedUids(PAGE)) {
        const from = { mailboxId: this.#box.mailboxId, uids };
        count += (await movePlacements(tx, accountId, from, trash.id)).length;
      }
      return count;
    });
    if (moved > 0) this.#store.changes.committed(tenantId, [accountId]);
    return moved;
  }
}
