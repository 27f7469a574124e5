import {
  type FilterProbe,
  type FilterSizes,
  GramHasher,
  listFilterSizes,
  probeFilters,
  sipKey,
  type UidRange,
} from "../../../src/mailstore/index.ts";
import type { ImapSession } from "../session.ts";
import type { SearchTest, TextTest } from "./prepare-search.ts";
import type { Slices } from "./slices.ts";

type FilterOf = "head" | "body";

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
  readonly #hasher = new GramHasher();

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
    const sizes = await this.#session.inBox((tx) => listFilterSizes(tx, box.id, uids));
    const keys = await deps.store.vault.searchKeys(signedIn.tenantId);
    const known = sizes.filter(({ tenantKeyId }) => keys.has(tenantKeyId));
    const may = new Map<TextTest, ReadonlySet<string>>();
    for (const leaf of this.#leaves) may.set(leaf, await this.#mayHold(leaf, known, keys));
    for (const { uid, messageId } of known) {
      const holds = answerOf(this.#test, (leaf) =>
        may.get(leaf)?.has(messageId) === false ? false : undefined,
      );
      if (holds !== undefined) (holds ? sure : out).add(uid);
    }
    await this.#slices.pause();
    return { sure, out };
  }

  /** The messages whose filters have all that a text has. */
  async #mayHold(
    { is, grams, ...rest }: TextTest,
    sizes: readonly FilterSizes[],
    keys: ReadonlyMap<string, Uint8Array>,
  ): Promise<ReadonlySet<string>> {
    const may = new Set<string>();
    const wanted: readonly FilterOf[] =
      is === "field" ? ["head"] : "head" in rest && rest.head ? ["head", "body"] : ["body"];
    for (const of of wanted) {
      const probes: FilterProbe[] = [];
      for (const { messageId, tenantKeyId, headBytes, bodyBytes } of sizes) {
        const key = keys.get(tenantKeyId);
        const bytes = of === "head" ? headBytes : bodyBytes;
        if (bytes === null || key === undefined) may.add(messageId);
        if (bytes === null || bytes === 0 || key === undefined || may.has(messageId)) continue;
        this.#hasher.begin(sipKey(key), messageId, of);
        probes.push({ messageId, bits: grams.bits(this.#hasher, bytes) });
        await this.#slices.pause();
      }
      for (const id of await this.#session.inBox((tx) => probeFilters(tx, of, probes))) may.add(id);
    }
    return may;
  }
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
