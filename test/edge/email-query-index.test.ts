import { afterAll, beforeAll, expect, test } from "vitest";
import { MessageIndexer } from "../../src/mailstore/index.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let alice: Person;
const ids: string[] = [];

/** What is wanted, and of the messages below the ones that have it; line ends, tags and letter case make no difference. */
const WANTED: readonly (readonly [body: string, found: readonly number[]])[] = [
  ["cake", [0, 1]],
  ["CAKE with plums", [1]],
  ["plums", [1, 2]],
  ["naïve", [3]],
  ["ab", [0, 3]],
  ["nothing-has-this", []],
  ["here it is", [4]],
];

beforeAll(async () => {
  edge = await startEdge();
  alice = await edge.person((await edge.tenant()).domain);
  for (const text of [
    "\n\nA cake, abroad.\n",
    "\n\nOne cake with\r\nplums\n",
    "Content-Transfer-Encoding: base64\n\nTW9yZSBwbHVtcw==\n",
    "Content-Type: text/plain; charset=utf-8\n\nA naïve abbot\n",
    "Content-Type: text/html\n\n<p>Here <b>it</b>\n is</p>\n",
  ])
    ids.push(await alice.deliver(`From: a@x.test\nSubject: x\n${text.replace(/^\n/, "")}`));
});
afterAll(() => edge[Symbol.asyncDispose]());

async function answers(): Promise<number[][]> {
  const all: number[][] = [];
  for (const [body] of WANTED) {
    const { ids: found } = await alice.call("Email/query", { filter: { body } });
    all.push(found.map((id: string) => ids.indexOf(id)).toSorted((a: number, b: number) => a - b));
  }
  return all;
}

test("the body condition finds the same before and after messages are indexed", async () => {
  const wanted = WANTED.map(([, found]) => found);
  expect(await answers()).toEqual(wanted);
  const indexer = new MessageIndexer(edge.runtime.store, () => undefined);
  expect(await indexer.indexTenant(alice.principal.tenantId, () => true)).toBe(true);
  expect(await answers()).toEqual(wanted);
});
