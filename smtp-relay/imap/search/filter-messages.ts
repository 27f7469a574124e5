import {
  GramHasher,
  listFilters,
  type MessageFilters,
  sipKey,
  type UidRange,
} from "../../../src/mailstore/index.ts";
import type { ImapSession } from "../session.ts";
import type { SearchTest, TextTest } from "./prepare-search.ts";
import type { Slices } from "./slices.ts";

/** What the filters say of messages. */
export interface Filtered {
  /** They hold what is wanted, without a look at them: what is wanted is that something is not there. */
  readonly sure: Set<number>;
  /** They don't. */
  readonly out: ReadonlySet<number>;
}

/** Asks filters for messages in turn. */
export class FilterReader {
  readonly #session: ImapSession;
  readonly #test: SearchTest;
  readonly #slices: Slices;
  readonly #head = new GramHasher();
  readonly #body = new GramHasher();

  constructor(session: ImapSession, test: SearchTest, slices: Slices) {
    this.#session = session;
    this.#test = test;
    this.#slices = slices;
  }

  /** @throws {MailError} unavailable */
  async ask(uids: readonly UidRange[]): Promise<Filtered> {
    const { box, deps, signedIn } = this.#session;
    const want = { head: asksFor(this.#test, "head"), body: asksFor(this.#test, "body") };
    const [sure, out] = [new Set<number>(), new Set<number>()];
    if (!want.head && !want.body) return { sure, out };
    const keys = await deps.store.vault.searchKeys(signedIn.tenantId);
    for (const filters of await this.#session.inBox((tx) => listFilters(tx, box.id, uids, want))) {
      const key = keys.get(filters.tenantKeyId);
      if (key === undefined) continue;
      this.#head.begin(sipKey(key), filters.messageId, "head");
      this.#body.begin(sipKey(key), filters.messageId, "body");
      const holds = this.#holds(this.#test, filters);
      if (holds !== undefined) (holds ? sure : out).add(filters.uid);
      await this.#slices.pause();
    }
    return { sure, out };
  }

  /** @returns undefined when the filters can't tell */
  #holds(test: SearchTest, filters: MessageFilters): boolean | undefined {
    switch (test.is) {
      case "all":
      case "any": {
        const decisive = test.is === "any";
        const all = new Set(test.of.map((one) => this.#holds(one, filters)));
        if (all.has(decisive)) return decisive;
        return all.has(undefined) ? undefined : !decisive;
      }
      case "not": {
        const holds = this.#holds(test.of, filters);
        return holds === undefined ? undefined : !holds;
      }
      case "placement":
      case "keys":
        return undefined;
      case "field":
      case "text":
        break;
    }
    return this.#mayHold(test, filters) ? undefined : false;
  }

  #mayHold(test: TextTest, { head, body }: MessageFilters): boolean {
    if (!test.grams.isUseful) return true;
    if (test.is === "field") return test.grams.mayMatch(head, this.#head);
    if (test.head && test.grams.mayMatch(head, this.#head)) return true;
    return test.grams.mayMatch(body, this.#body);
  }
}

/** Whether a search needs a filter of this kind, and can learn something from it. */
function asksFor(test: SearchTest, of: "head" | "body"): boolean {
  if (test.is === "all" || test.is === "any") return test.of.some((one) => asksFor(one, of));
  if (test.is === "not") return asksFor(test.of, of);
  if (test.is === "field") return of === "head" && test.grams.isUseful;
  return test.is === "text" && (of === "body" || test.head) && test.grams.isUseful;
}
