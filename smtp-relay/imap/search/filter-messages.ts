import { askFilters, listFilterSizes, type UidRange } from "../../../src/mailstore/index.ts";
import { requireReadable } from "../foreign-mailbox.ts";
import type { ImapSession } from "../session.ts";
import type { SearchTest, TextTest } from "./prepare-search.ts";
import type { Slices } from "./slices.ts";

/** What the filters say of messages, by their UIDs. */
export interface Filtered {
  /** The search is for them, without a look at them: what is wanted is that something is not there. */
  readonly sure: Set<number>;
  /** It is not. */
  readonly out: ReadonlySet<number>;
}

/** Asks the filters of messages, a page at a time. */
export class FilterReader {
  readonly #session: ImapSession;
  readonly #test: SearchTest;
  readonly #leaves: readonly TextTest[];
  readonly #slices: Slices;

  constructor(session: ImapSession, test: SearchTest, slices: Slices) {
    this.#session = session;
    this.#test = test;
    this.#leaves = textTests(test).filter(({ grams }) => grams.isUseful);
    this.#slices = slices;
  }

  /** @throws {MailError} unavailable */
  async ask(uids: readonly UidRange[]): Promise<Filtered> {
    const [sure, out] = [new Set<number>(), new Set<number>()];
    if (this.#leaves.length === 0) return { sure, out };
    const { box, deps, signedIn } = this.#session;
    await requireReadable(this.#session);
    const sizes = await listFilterSizes(deps.store.db, signedIn.tenantId, box.id, uids);
    const may = new Map<TextTest, ReadonlySet<string>>();
    for (const leaf of this.#leaves) {
      const query = { grams: leaf.grams, of: textsOf(leaf) };
      may.set(leaf, await askFilters(deps.store, signedIn.tenantId, query, sizes, this.#slices.pause));
    }
    for (const { uid, messageId } of sizes) {
      const holds = answerOf(this.#test, (leaf) =>
        may.get(leaf)?.has(messageId) === false ? false : undefined,
      );
      if (holds !== undefined) (holds ? sure : out).add(uid);
    }
    await this.#slices.pause();
    return { sure, out };
  }
}

/** The texts that a test looks at. */
function textsOf(test: TextTest): readonly ("head" | "body")[] {
  if (test.is === "field") return ["head"];
  return test.head ? ["head", "body"] : ["body"];
}

/** What a search says of a message of which only its texts are known. @returns undefined: that is not enough */
function answerOf(test: SearchTest, ofText: (leaf: TextTest) => boolean | undefined): boolean | undefined {
  switch (test.is) {
    case "all":
    case "any": {
      const decisive = test.is === "any";
      const all = new Set(test.of.map((one) => answerOf(one, ofText)));
      if (all.has(decisive)) return decisive;
      return all.has(undefined) ? undefined : !decisive;
    }
    case "not": {
      const holds = answerOf(test.of, ofText);
      return holds === undefined ? undefined : !holds;
    }
    case "placement":
    case "keys":
      return undefined;
    case "field":
    case "text":
      break;
  }
  return ofText(test);
}

function textTests(test: SearchTest): TextTest[] {
  if (test.is === "all" || test.is === "any") return test.of.flatMap(textTests);
  if (test.is === "not") return textTests(test.of);
  return test.is === "field" || test.is === "text" ? [test] : [];
}
