import type { AccountId, MailboxId } from "../../src/kernel/id.ts";
import { ALL_RIGHTS, type Rights, type UidRange } from "../../src/mailstore/index.ts";
import { UidRuns } from "./uid-runs.ts";

/** How many of the last UIDs are known from the beginning. */
export const TAIL = 256;

/**
 * What one session knows of its selected mailbox: which UID each message number stands for. This is what the client
 * was told, not what is stored; `notify.ts` brings the two together.
 *
 * Only the end of it is held here, as runs of UIDs. Of the messages before that it is known how many they are, and what
 * else there is to know can be read at any time (`know-uids.ts`): the client was told of exactly those that are in the
 * mailbox or were expunged later than `modseq` or are `expunged` here.
 */
export class SelectedMailbox {
  readonly id: MailboxId;
  /** Whose mailbox it is. */
  readonly accountId: AccountId;
  readonly name: string;
  readonly isReadOnly: boolean;
  /** What the client may do here; where it is somebody else's mailbox, read again before each command. */
  rights: Rights = ALL_RIGHTS;
  /** Those of which the client knows what they mean for flags. */
  toldRights: Rights = ALL_RIGHTS;
  readonly uidValidity: number;
  /** When it was selected. */
  readonly uidNext: number;
  /** The account's change counter up to which this view is complete. */
  modseq: number;
  /** The highest change counter of the mailbox itself among these (RFC 7162: HIGHESTMODSEQ). */
  highestModseq: number;
  /** Something may have changed since. */
  isDirty = false;
  /** Change counters of this session's own commits: the client knows of them already. */
  readonly ownModseqs = new Set<number>();
  /** Gone from the mailbox, and not told yet: the numbers still count. Ascending. */
  expunged: readonly number[] = [];
  /** UIDs that are \Recent in this session. */
  recent: readonly UidRange[] = [];
  /** How many messages come before those whose UIDs are known. */
  #below: number;
  /** All UIDs from here on are known. */
  #knownFrom: number;
  #known: UidRuns;
  #highest: number;

  /** @param box `uids` are the highest of `count`, ascending, at least one if there is any; all of them when it is left out */
  constructor(box: {
    readonly id: MailboxId;
    readonly accountId: AccountId;
    readonly name: string;
    readonly isReadOnly: boolean;
    readonly uidValidity: number;
    readonly modseq: number;
    readonly highestModseq?: number;
    readonly uidNext?: number;
    readonly uids: Iterable<number>;
    readonly count?: number;
  }) {
    this.id = box.id;
    this.accountId = box.accountId;
    this.name = box.name;
    this.isReadOnly = box.isReadOnly;
    this.uidValidity = box.uidValidity;
    this.modseq = box.modseq;
    this.highestModseq = box.highestModseq ?? box.modseq;
    this.#known = new UidRuns(box.uids);
    this.#below = (box.count ?? this.#known.count) - this.#known.count;
    this.#knownFrom = this.#known.first ?? 1;
    this.#highest = this.#known.last ?? 0;
    this.uidNext = box.uidNext ?? this.#highest + 1;
    this.#fillUp();
  }

  /** How many messages the client knows of. */
  get count(): number {
    return this.#below + this.#known.count;
  }

  /** How many of them come before those whose UIDs are known here. */
  get unknownCount(): number {
    return this.#below;
  }

  /** All UIDs from this one on are known here. */
  get knownFrom(): number {
    return this.#below === 0 ? 1 : this.#knownFrom;
  }

  /** The highest UID that the client was ever told of. */
  get highestTold(): number {
    return this.#highest;
  }

  /** The highest UID in the view; 0 in an empty mailbox. */
  get lastUid(): number {
    return this.#known.last ?? (this.#below === 0 ? 0 : this.#highest);
  }

  knowsNumber(number: number): boolean {
    return number > this.#below;
  }

  knowsUid(uid: number): boolean {
    return uid >= this.knownFrom;
  }

  /** The UID of a message number from 1 to `count`. @throws {RangeError} it is none, or `knowsNumber` is false */
  uidAt(number: number): number {
    const uid = this.#known.at(number - 1 - this.#below);
    if (uid === undefined) throw new RangeError(`message ${number} of ${this.count}`);
    return uid;
  }

  /** The number of the first message whose UID is at least this one; `count + 1` when there is none.
   * @throws {RangeError} `knowsUid` is false */
  numberFrom(uid: number): number {
    if (!this.knowsUid(uid)) throw new RangeError(`UID ${uid} is below ${this.#knownFrom}`);
    return this.#below + this.#known.countBelow(uid) + 1;
  }

  /** The message number of a UID, undefined when the client does not know it. @throws {RangeError} `knowsUid` is false */
  numberOf(uid: number): number | undefined {
    const number = this.numberFrom(uid);
    return this.#known.has(uid) ? number : undefined;
  }

  isRecent(uid: number): boolean {
    return this.recent.some(({ lo, hi }) => uid >= lo && uid <= hi);
  }

  /** Adds messages behind the known ones. @param uids ascending, all above `highestTold` */
  append(uids: Iterable<number>): void {
    for (const uid of uids) {
      this.#known.append(uid);
      this.#highest = uid;
    }
  }

  /** Takes messages out of which the client was told. @param uids ascending; each known here
   * @returns their numbers, the highest first: told in this order no number shifts another */
  remove(uids: readonly number[]): number[] {
    const numbers = uids
      .map((uid) => this.numberOf(uid))
      .filter((number) => number !== undefined)
      .toReversed();
    this.#known = this.#known.without(uids);
    return numbers;
  }

  /** Takes messages out by their UIDs alone. @param uids ascending; all of them in the view */
  vanish(uids: readonly number[]): void {
    const known = this.#known.without(uids);
    const countKnown = this.#known.count - known.count;
    this.#below -= uids.length - countKnown;
    this.#known = known;
  }

  /** Learns the UIDs from one on. @param uids all that there are between it and those known before
   * @throws {ViewLost} there are more or fewer than there can be */
  learn(from: number, uids: UidRuns): void {
    const below = this.#below - uids.count;
    if (below < 0 || (from <= 1 && below !== 0)) throw new ViewLost();
    this.#known = uids.followedBy(this.#known);
    this.#below = below;
    this.#knownFrom = from;
    this.#fillUp();
  }

  /** Keeps only the end of what it knows, when that is much: for a session that has nothing to do for a while. */
  forget(): void {
    if (this.#known.size <= TAIL) return;
    const { count } = this;
    this.#known = this.#known.highest(TAIL);
    this.#below = count - this.#known.count;
    this.#knownFrom = this.#known.first ?? this.#highest + 1;
  }

  /** When as many messages as UIDs are left, each has one. */
  #fillUp(): void {
    if (this.#below === 0 || this.#below !== this.#knownFrom - 1) return;
    this.#known = UidRuns.between(1, this.#below).followedBy(this.#known);
    this.#below = 0;
  }
}

/** What is stored does not fit what the client was told: a bug. The numbers of this session are worth nothing any more. */
export class ViewLost extends Error {
  constructor() {
    super("the mailbox does not hold the messages that it should");
  }
}
