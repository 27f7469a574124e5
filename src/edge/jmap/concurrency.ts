/** Counts what is under way by key, in this process. */
export class Concurrency {
  readonly #most: number;
  readonly #underWay = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns a function that ends it, to be called once; null when there are too many */
  enter(key: string): (() => void) | null {
    const count = this.#underWay.get(key) ?? 0;
    if (count >= this.#most) return null;
    this.#underWay.set(key, count + 1);
    return () => {
      const now = (this.#underWay.get(key) ?? 1) - 1;
      if (now === 0) this.#underWay.delete(key);
      else this.#underWay.set(key, now);
    };
  }
}
