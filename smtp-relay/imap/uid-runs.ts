/** Runs that there is room for behind the last one. */
const SPARE = 8;

/**
 * Ascending UIDs, kept as runs of neighbours: eight octets a run, however many messages it holds. A place is how many
 * of them come before one, from 0.
 */
export class UidRuns {
  /** First UID and place of each run. */
  #runs: Uint32Array;
  #size = 0;
  #count = 0;

  /** @param uids ascending */
  constructor(uids: Iterable<number> = []) {
    this.#runs = new Uint32Array(0);
    for (const uid of uids) this.append(uid);
    this.#trim();
  }

  /** All UIDs of a range but some. @param without ascending, all of them within it */
  static between(lo: number, hi: number, without: Iterable<number> = []): UidRuns {
    const made = new UidRuns();
    let at = lo;
    for (const gone of without) {
      made.#add(at, gone - at);
      at = gone + 1;
    }
    made.#add(at, hi - at + 1);
    made.#trim();
    return made;
  }

  get count(): number {
    return this.#count;
  }

  /** How many runs they make up. */
  get size(): number {
    return this.#size;
  }

  get first(): number | undefined {
    return this.at(0);
  }

  get last(): number | undefined {
    return this.at(this.#count - 1);
  }

  /** The UID of a place; undefined when there are fewer. */
  at(place: number): number | undefined {
    if (place < 0 || place >= this.#count) return undefined;
    const run = this.#lastRun((at) => this.#placeOf(at) <= place);
    return this.#startOf(run) + place - this.#placeOf(run);
  }

  /** How many UIDs are lower than this one. */
  countBelow(uid: number): number {
    const run = this.#lastRun((at) => this.#startOf(at) < uid);
    if (run < 0) return 0;
    return this.#placeOf(run) + Math.min(uid - this.#startOf(run), this.#lengthOf(run));
  }

  has(uid: number): boolean {
    const run = this.#lastRun((at) => this.#startOf(at) <= uid);
    return run >= 0 && uid - this.#startOf(run) < this.#lengthOf(run);
  }

  /** Adds one that is above all others. */
  append(uid: number): void {
    this.#add(uid, 1);
  }

  /** These before those. @param later all above these */
  followedBy(later: UidRuns): UidRuns {
    const whole = new UidRuns();
    for (const runs of [this, later]) for (const [start, length] of runs.#all()) whole.#add(start, length);
    whole.#trim();
    return whole;
  }

  /** The highest of them. */
  highest(count: number): UidRuns {
    const from = count <= 0 ? Infinity : (this.at(this.#count - count) ?? 0);
    const kept = new UidRuns();
    for (const [start, length] of this.#all()) {
      const skipped = Math.min(Math.max(from - start, 0), length);
      kept.#add(start + skipped, length - skipped);
    }
    kept.#trim();
    return kept;
  }

  /** What is left without some. @param gone ascending; others than these may be among them */
  without(gone: readonly number[]): UidRuns {
    const kept = new UidRuns();
    let next = 0;
    for (const [start, length] of this.#all()) {
      let at = start;
      for (; (gone[next] ?? Infinity) < start + length; next++) {
        const uid = gone[next] ?? 0;
        if (uid < at) continue;
        kept.#add(at, uid - at);
        at = uid + 1;
      }
      kept.#add(at, start + length - at);
    }
    kept.#trim();
    return kept;
  }

  *#all(): Generator<readonly [start: number, length: number]> {
    for (let run = 0; run < this.#size; run++) yield [this.#startOf(run), this.#lengthOf(run)];
  }

  #startOf(run: number): number {
    return this.#runs[run * 2] ?? 0;
  }

  #placeOf(run: number): number {
    return this.#runs[run * 2 + 1] ?? 0;
  }

  #lengthOf(run: number): number {
    return (run + 1 < this.#size ? this.#placeOf(run + 1) : this.#count) - this.#placeOf(run);
  }

  /** The last run of which this holds, as it does for all before it; -1 when there is none. */
  #lastRun(holds: (run: number) => boolean): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(middle)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #add(start: number, length: number): void {
    if (length <= 0) return;
    const last = this.#size - 1;
    if (last < 0 || this.#startOf(last) + this.#lengthOf(last) !== start) {
      this.#grow();
      this.#runs[this.#size * 2] = start;
      this.#runs[this.#size * 2 + 1] = this.#count;
      this.#size += 1;
    }
    this.#count += length;
  }

  #grow(): void {
    if (this.#size * 2 < this.#runs.length) return;
    const larger = new Uint32Array((this.#size + SPARE + (this.#size >>> 1)) * 2);
    larger.set(this.#runs);
    this.#runs = larger;
  }

  #trim(): void {
    if (this.#runs.length > this.#size * 2) this.#runs = this.#runs.slice(0, this.#size * 2);
  }
}
