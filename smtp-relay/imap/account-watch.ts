import type { AccountId, MailboxId } from "../../src/kernel/id.ts";
import { may } from "../../src/mailstore/index.ts";
import type { NotifyEvent, NotifyGroup } from "../../src/protocol/imap/index.ts";
import { DELIMITER } from "../../src/protocol/imap/index.ts";
import type { NamedMailbox } from "./mailbox-tree.ts";
import { isReserved } from "./namespaces.ts";
import type { SelectedMailbox } from "./selected-mailbox.ts";

/** Begins to watch an account. @returns what ends it */
type WatchAccount = (accountId: AccountId, changed: () => void) => () => void;

/** What a session that wants to hear of all its account (RFC 5465) was told of it last. Only such a session has one. */
export class AccountWatch {
  readonly groups: readonly NotifyGroup[];
  /** Something may have changed since. */
  isDirty = false;
  /** The mailboxes as they were. */
  known: ReadonlyMap<MailboxId, NamedMailbox> = new Map();
  /** The change counter up to which annotations were told, and those that the client set itself. */
  modseq = 0;
  readonly ownModseqs = new Set<number>();
  /** The highest UID of the selected mailbox whose data items were told. */
  fetched: { readonly box: SelectedMailbox; readonly uid: number } | undefined;
  readonly #enabled: ReadonlySet<string>;
  readonly #wake: () => void;
  readonly #owner: AccountId;
  #watch: WatchAccount | undefined;
  readonly #ends = new Map<AccountId, () => void>();
  #again: ReturnType<typeof setTimeout> | undefined;

  /** @param owner who has signed in   @param enabled what the client has said it understands
   * @param wake has the session come back, and see to it */
  constructor(
    owner: AccountId,
    groups: readonly NotifyGroup[],
    enabled: ReadonlySet<string>,
    wake: () => void,
  ) {
    this.#owner = owner;
    this.groups = groups;
    this.#enabled = enabled;
    this.#wake = wake;
  }

  begin(watch: WatchAccount): void {
    this.#watch = watch;
    this.follow();
  }

  /** Watches the accounts of all mailboxes that a group is about: one's own always. */
  follow(): void {
    const all = [...this.known.values()].filter((named) =>
      this.groups.some((group) => this.#isIn(group, named)),
    );
    for (const accountId of [this.#owner, ...all.map((named) => named.accountId)]) {
      if (this.#watch === undefined || this.#ends.has(accountId)) continue;
      this.#ends.set(
        accountId,
        this.#watch(accountId, () => this.changed()),
      );
    }
  }

  changed(): void {
    this.isDirty = true;
    this.#wake();
  }

  /** What can't be looked up now is looked up then. */
  later(ms: number): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.changed(), ms);
  }

  end(): void {
    clearTimeout(this.#again);
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
    this.#watch = undefined;
  }

  /** The group of the selected mailbox. */
  get selected(): NotifyGroup | undefined {
    return this.groups.find(({ filter: { of } }) => of === "selected" || of === "selected-delayed");
  }

  /** Whether annotations are told at all, of the account, of a mailbox. */
  get wantsMetadata(): boolean {
    const asks = this.groups.some(({ events }) => events.has("MailboxMetadataChange"));
    return asks || this.wantsServerMetadata || this.#enabled.has("METADATA");
  }

  get wantsServerMetadata(): boolean {
    const asks = this.groups.some(({ events }) => events.has("ServerMetadataChange"));
    return asks || this.#enabled.has("METADATA-SERVER");
  }

  wantsMetadataOf(named: NamedMailbox): boolean {
    return this.#enabled.has("METADATA") || this.wants(named, "MailboxMetadataChange");
  }

  /** Whether an event of a mailbox is to be told: the first group that it is in decides. */
  wants(named: NamedMailbox, event: NotifyEvent): boolean {
    return this.groups.find((group) => this.#isIn(group, named))?.events.has(event) === true;
  }

  /** Whether a group names mailboxes of others. */
  get reaches(): boolean {
    return this.groups.some(({ filter }) => "names" in filter && filter.names.some(isReserved));
  }

  /** One's own mailboxes, and those of others that are named and may be read (RFC 5465 §6, §9). */
  #isIn(group: NotifyGroup, named: NamedMailbox): boolean {
    if (named.accountId === this.#owner) return isIn(group, named);
    return "names" in group.filter && may(named.rights, "lr") && isIn(group, named);
  }
}

/** RFC 5465 §6. The selected mailbox is looked after elsewhere. */
function isIn({ filter }: NotifyGroup, { path, box }: NamedMailbox): boolean {
  if (filter.of === "mailboxes") return filter.names.includes(path);
  if (filter.of === "subtree")
    return filter.names.some((name) => path === name || path.startsWith(name + DELIMITER));
  if (filter.of === "inboxes") return box.role === "inbox" || box.role === "junk";
  return filter.of === "personal" || (filter.of === "subscribed" && box.isSubscribed);
}
