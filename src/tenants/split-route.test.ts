import { describe, expect, test } from "vitest";
import { AccountId, TenantId } from "../kernel/id.ts";
import type { LocalRecipient, Recipient } from "./recipient.ts";
import { type SplitDelivery, splitRecipient, withoutWayBack } from "./split-route.ts";

const tenantId = TenantId.parse("0190c1b0-0000-7000-8000-000000000001");
const accountId = AccountId.parse("0190c1b0-0000-7000-8000-000000000002");
const anna: LocalRecipient = {
  kind: "local",
  tenantId,
  accountId,
  address: "anna@agency.example",
  quotaBytes: 10,
  usedBytes: 0,
};
const asked = { tenantId, address: "anna@agency.example", domain: "agency.example" };
const splitOf = (mode: SplitDelivery["mode"]): SplitDelivery => ({
  mode,
  server: "mail.old.example:25",
  addresses: ["192.0.2.25"],
  returnDomain: "agency.hosted.example",
});
const relayOf = (to: Recipient) => (to.kind === "routed" ? to.onward.map((one) => one.relay?.isCopy) : null);

describe("the mail of a domain that moves", () => {
  test("both: who is here gets it, and the old server a copy; who is not is looked for there", () => {
    const split = splitRecipient(anna, splitOf("both"), asked);
    expect(split).toMatchObject({
      kind: "routed",
      mailboxes: [anna],
      passes: ["cutover:agency.example", `had:${accountId}`],
      needsProof: false,
    });
    expect(relayOf(split)).toEqual([true]);
    expect(relayOf(splitRecipient({ kind: "unknown_user" }, splitOf("both"), asked))).toEqual([false]);
  });

  test("unknown_only: who is here is not touched", () => {
    expect(splitRecipient(anna, splitOf("unknown_only"), asked)).toBe(anna);
    expect(relayOf(splitRecipient({ kind: "unknown_user" }, splitOf("unknown_only"), asked))).toEqual([
      false,
    ]);
  });

  test("who is switched off, refused, or of another domain is as without it", () => {
    for (const to of [
      { kind: "disabled" },
      { kind: "elsewhere" },
      { kind: "refused", why: "senders" },
    ] as const satisfies readonly Recipient[])
      expect(splitRecipient(to, splitOf("both"), asked)).toBe(to);
  });

  test("a group keeps what it was, and goes to the old server as one address", () => {
    const group = {
      kind: "routed",
      tenantId,
      address: "team@agency.example",
      mailboxes: [anna],
      onward: [{ via: "group:1", address: "team@agency.example", targets: ["x@y.example"], keeper: null }],
      passes: ["group:1"],
      group: "group:1",
      needsProof: true,
    } as const satisfies Recipient;
    const split = splitRecipient(group, splitOf("both"), { ...asked, address: "team@agency.example" });
    expect(split).toMatchObject({ group: "group:1", needsProof: true, mailboxes: [anna] });
    expect(relayOf(split)).toEqual([undefined, true]);
  });

  test("what comes from the old server does not go back there", () => {
    const split = splitRecipient(anna, splitOf("both"), asked);
    expect(relayOf(withoutWayBack(split, "192.0.2.25"))).toEqual([]);
    expect(withoutWayBack(split, "192.0.2.26")).toBe(split);
  });
});
