import type { UidRange } from "../../src/mailstore/index.ts";

/** A message as POP3 knows it. */
export interface ViewEntry {
  readonly uid: number;
  readonly size: number;
}

/** The messages of a maildrop by their numbers, from 1, and which of them are marked as deleted. Nine octets a message, a
 * million of them 9 MB. */
export class MaildropView {
  readonly #uids: Uint32Array;
  readonly #sizes: Uint32Array;
  readonly #bytes: number;
  #marked: Uint8Array | undefined;
  #markedCount = 0;
  #markedBytes = 0;

  /** @param uids ascending */
  constructor(uids: Uint32Array, sizes: Uint32Array) {
    this.#uids = uids;
    this.#sizes = sizes;
    this.#bytes = sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Messages with a number, marked ones too. */
  get last(): number {
    return this.#uids.length;
  }

  /** Messages that are not marked. */
  get count(): number {
    return this.#uids.length - this.#markedCount;
  }

  /** Octets of those. */
  get totalBytes(): number {
    return this.#bytes - this.#markedBytes;
  }

  isMarked(number: number): boolean {
    return this.#marked?.[number - 1] === 1;
  }

  /** @returns undefined when there is none with this number */
  at(number: number): ViewEntry | undefined {
    const [uid, size] = [this.#uids[number - 1], this.#sizes[number - 1]];
    return uid === undefined || size === undefined ? undefined : { uid, size };
  }

  /** Marks a message that is there and not marked. */
  mark(number: number): void {
    this.#marked ??= new Uint8Array(this.#uids.length);
    this.#marked[number - 1] = 1;
    this.#markedCount += 1;
    this.#markedBytes += this.#sizes[number - 1] ?? 0;
  }

  unmarkAll(): void {
    this.#marked = undefined;
    this.#markedCount = 0;
    this.#markedBytes = 0;
  }

  /** The UIDs of marked messages in lists of at most `limit` messages. A range may hold UIDs between two neighbours: nothing is there, and
   * nothing will be, since a UID is never used again. */
  *markedUids(limit: number): Generator<readonly UidRange[]> {
    let ranges: UidRange[] = [];
    let inList = 0;
    for (let number = 1; this.#marked !== undefined && number <= this.last; number++) {
      const uid = this.#uids[number - 1];
      if (uid === undefined || !this.isMarked(number)) continue;
      const before = ranges.at(-1);
      if (before !== undefined && this.isMarked(number - 1))
        ranges[ranges.length - 1] = { lo: before.lo, hi: uid };
      else ranges.push({ lo: uid, hi: uid });
      inList += 1;
      if (inList < limit) continue;
      yield ranges;
      [ranges, inList] = [[], 0];
    }
    if (ranges.length > 0) yield ranges;
  }
}

/** Puts lists of messages together, by UID; each message once. */
export function mergeEntries(
  lists: readonly { readonly uids: Uint32Array; readonly sizes: Uint32Array }[],
  more: readonly ViewEntry[],
): MaildropView {
  const count = lists.reduce((sum, list) => sum + list.uids.length, more.length);
  const [uids, sizes] = [new Uint32Array(count), new Uint32Array(count)];
  let at = 0;
  let next = 0;
  const add = (uid: number, size: number): void => {
    if (at > 0 && uids[at - 1] === uid) return;
    uids[at] = uid;
    sizes[at] = size;
    at += 1;
  };
  const addBelow = (uid: number): void => {
    for (let one = more[next]; one !== undefined && one.uid <= uid; one = more[++next])
      add(one.uid, one.size);
  };
  for (const list of lists)
    for (const [i, uid] of list.uids.entries()) {
      addBelow(uid);
      add(uid, list.sizes[i] ?? 0);
    }
  addBelow(Number.POSITIVE_INFINITY);
  return at === count
    ? new MaildropView(uids, sizes)
    : new MaildropView(uids.slice(0, at), sizes.slice(0, at));
}
