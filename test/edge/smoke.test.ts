import { afterAll, beforeAll, expect, test } from "vitest";
import { startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge[Symbol.asyncDispose]());

test("smoke", async () => {
  const { domain } = await edge.tenant();
  const alice = await edge.person(domain);
  const id = await alice.deliver("From: Bob <bob@x.test>\nTo: alice@x.test\nSubject: Hi =?utf-8?Q?caf=C3=A9?=\n\nHello\n");
  const out = await alice.request([
    ["Mailbox/get", {}, "0"],
    ["Email/query", { filter: { inMailbox: await alice.mailbox("inbox") } }, "1"],
    ["Email/get", { "#ids": { resultOf: "1", name: "Email/query", path: "/ids" }, fetchTextBodyValues: true }, "2"],
  ]);
  expect(out[2]?.[1]["list"][0].id).toBe(id);
});
