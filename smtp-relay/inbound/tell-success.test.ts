import { expect, test } from "vitest";
import { AccountId, TenantId } from "../../src/kernel/id.ts";
import type { Filing } from "../../src/outbound/index.ts";
import type { Notify } from "../../src/protocol/smtp/index.ts";
import type { LocalRecipient, Onward } from "../../src/tenants/index.ts";
import type { InboundRecipient } from "./inbound-message.ts";
import { passesOn, successesOf } from "./tell-success.ts";

const tenantId = TenantId.parse("019a0000-0000-7000-8000-000000000001");
const box = (n: number): LocalRecipient => ({
  kind: "local",
  tenantId,
  accountId: AccountId.parse(`019a0000-0000-7000-8000-00000000001${n}`),
  address: `p${n}@a.test`,
  quotaBytes: 1e9,
  usedBytes: 0,
});
const to = (...targets: readonly string[]): Onward[] => [
  { via: `account:${targets[0] ?? ""}`, address: "ann@a.test", targets, keeper: null },
];

function filing(
  more: Partial<Filing<InboundRecipient>>,
  notify: Notify | null = ["SUCCESS"],
): Filing<InboundRecipient> {
  const recipient = { address: "ann@a.test", orcpt: null, notify, to: box(1) };
  return { recipient, mailboxes: [], onward: [], returned: null, isLoop: false, ...more };
}

const returned = { kind: "returned", tenantId, address: "SRS0=…@a.test", original: "x@y.test" } as const;

test.each([
  ["one mailbox", { mailboxes: [box(1)] }, "delivered"],
  ["a group", { mailboxes: [box(1), box(2)] }, "expanded"],
  ["a forward that keeps a copy", { mailboxes: [box(1)], onward: to("x@y.test") }, "expanded"],
  ["a forward to two", { onward: to("x@y.test", "z@y.test") }, "expanded"],
  ["a forward to one: the next server tells", { onward: to("x@y.test") }, undefined],
  ["a loop", { isLoop: true }, undefined],
  ["a return path of ours", { returned }, undefined],
  ["spam that may not go on, and has no mailbox", {}, undefined],
] as const)("%s", (_, more, action) => {
  expect(successesOf([filing(more)])[0]?.action).toBe(action);
});

test("only where it is asked for", () => {
  for (const notify of [null, ["NEVER"], ["FAILURE", "DELAY"]] as const)
    expect(successesOf([filing({ mailboxes: [box(1)] }, notify)])).toEqual([]);
});

test("two recipients that lead to one address outside: one copy can't answer for both", () => {
  const both = [filing({ onward: to("x@y.test") }), filing({ onward: to("x@y.test") })];
  expect(both.map(passesOn(both))).toEqual([false, false]);
  expect(successesOf(both).map((one) => one.action)).toEqual(["expanded", "expanded"]);
});
