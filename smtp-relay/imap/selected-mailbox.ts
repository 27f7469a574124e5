import type { MailboxId } from "../../src/kernel/id.ts";
import type { UidRange } from "../../src/mailstore/index.ts";

/** Places for new UIDs that are kept free behind the known ones. */
const SPARE = 64;

/**
 * What one session knows of its selected mailbox: which UID each message number stands for. This is what the client
 * was told, not what is stored; `notify.ts` brings the two together. Four octets a message.
 */
export class SelectedMailbox {
  readonly id: MailboxId;
  readonly name: string;
  readonly isReadOnly: boolean;
  readonly uidValidity: number;
  /** The account's change counter up to which this view is complete. */
  modseq: number;
  /** Something may have changed since. */
  isDirty = false;
  /** Change counters of this session's own commits: the client knows of them already. */
  readonly ownModseqs = new Set<number>();
  /** Gone from the mailbox, and not told yet: the numbers still count. Ascending. */
  expunged: readonly number[] = [];
  /** UIDs that are \Recent in this session. */
  recent: readonly UidRange[] = [];
  #uids: Uint32Array;
  #count: number;

  constructor(box: {
    readonly id: MailboxId;
    readonly name: string;
    readonly isReadOnly: boolean;
    readonly uidValidity: number;
    readonly modseq: number;
    readonly uids: Uint32Array;
  }) {
    this.id = box.id;
    this.name = box.name;
    this.isReadOnly = box.isReadOnly;
    this.uidValidity = box.uidValidity;
    this.modseq = box.modseq;
    this.#uids = box.uids;
    this.#count = box.uids.length;
  }

  /** How many messages the client knows of. */
  get count(): number {
    return this.#count;
  }

  /** The highest UID that the client knows of; 0 in an empty mailbox. */
  get lastUid(): number {
    return this.#uids[this.#count - 1] ?? 0;
  }

  /** The UID of a message number from 1 to `count`. */
  uidAt(number: number): number {
    const uid = number > this.#count ? undefined : this.#uids[number - 1];
    if (uid === undefined) throw new RangeError(`message ${number} of ${this.#count}`);
    return uid;
  }

  /** The number of the first message whose UID is at least this one; `count + 1` when there is none. */
  numberFrom(uid: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#uids[middle] ?? 0) < uid) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }

  /** The message number of a UID, undefined when the client does not know it. */
  numberOf(uid: number): number | undefined {
    const number = this.numberFrom(uid);
    return number <= this.#count && this.#uids[number - 1] === uid ? number : undefined;
  }

  isRecent(uid: number): boolean {
    return this.recent.some(({ lo, hi }) => uid >= lo && uid <= hi);
  }

  /** How many of the known messages are \Recent. */
  countRecent(): number {
    return this.recent.reduce((sum, { lo, hi }) => sum + this.numberFrom(hi + 1) - this.numberFrom(lo), 0);
  }

  /** Adds messages behind the known ones. @param uids ascending, all above `lastUid` */
  append(uids: readonly number[]): void {
    const needed = this.#count + uids.length;
    if (needed > this.#uids.length) {
      const larger = new Uint32Array(needed + Math.max(SPARE, needed >>> 3));
      larger.set(this.#uids.subarray(0, this.#count));
      this.#uids = larger;
    }
    this.#uids.set(uids, this.#count);
    this.#count = needed;
  }

  /** Takes messages out. @returns their numbers, the highest first: told in this order no number shifts another */
  remove(uids: readonly number[]): number[] {
    const numbers = uids
      .map((uid) => this.numberOf(uid))
      .filter((number) => number !== undefined)
      .toSorted((a, b) => b - a);
    const gone = new Set(uids);
    let kept = 0;
    for (let at = 0; at < this.#count; at++) {
      const uid = this.#uids[at] ?? 0;
      if (gone.has(uid)) continue;
      this.#uids[kept] = uid;
      kept += 1;
    }
    this.#count = kept;
    return numbers;
  }
}
