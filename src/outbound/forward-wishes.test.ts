import fc from "fast-check";
import { expect, test } from "vitest";
import { type Notify, wantsNotice, withoutSuccess } from "../protocol/smtp/index.ts";
import { mergeWishes, wishesOf } from "./forward-wishes.ts";

const anyNotify: fc.Arbitrary<Notify | null> = fc.oneof(
  fc.constant(null),
  fc.constant(["NEVER" as const]),
  fc.subarray(["SUCCESS" as const, "FAILURE" as const, "DELAY" as const], { minLength: 1 }),
);
const anyWish = fc.record({
  notify: anyNotify,
  orcpt: fc.constantFrom(null, "rfc822;a@x.test", "rfc822;b@x.test"),
});
const WORDS = ["SUCCESS", "FAILURE", "DELAY"] as const;

test("what is merged tells of what any of them asks for, and of nothing else", () => {
  fc.assert(
    fc.property(fc.array(anyWish, { minLength: 1, maxLength: 4 }), (wishes) => {
      const { notify } = mergeWishes(wishes);
      for (const word of WORDS)
        expect(wantsNotice(notify, word)).toBe(wishes.some((one) => wantsNotice(one.notify, word)));
      expect(notify).not.toEqual([]);
      expect(notify?.includes("NEVER") === true && notify.length > 1).toBe(false);
    }),
  );
});

test("without success all else stays as it was asked for", () => {
  fc.assert(
    fc.property(anyNotify, (notify) => {
      const rest = withoutSuccess(notify);
      expect(wantsNotice(rest, "SUCCESS")).toBe(false);
      for (const word of ["FAILURE", "DELAY"] as const)
        expect(wantsNotice(rest, word)).toBe(wantsNotice(notify, word));
      expect(rest).not.toEqual([]);
    }),
  );
});

test("the address that was written to stands in for a name that the sender did not give", () => {
  const onward = [{ via: "account:1", address: "ann@a.test", targets: ["p@x.test"], keeper: null }];
  const wish = (address: string, notify: Notify | null, orcpt: string | null, isPassedOn = true) =>
    wishesOf(
      [{ recipient: { address, notify, orcpt }, mailboxes: [], onward, returned: null, isLoop: false }],
      () => isPassedOn,
    ).get("account:1");
  expect(wish("ann@a.test", ["SUCCESS"], null)).toEqual({ notify: ["SUCCESS"], orcpt: "rfc822;ann@a.test" });
  expect(wish("άννα@a.test", ["FAILURE"], null)).toEqual({ notify: ["FAILURE"], orcpt: "utf-8;άννα@a.test" });
  expect(wish("ann@a.test", ["SUCCESS"], "rfc822;x@y.test")?.orcpt).toBe("rfc822;x@y.test");
  expect(wish("ann@a.test", null, null)).toEqual({ notify: null, orcpt: null });
  expect(wish("ann@a.test", ["SUCCESS"], null, false)).toEqual({ notify: ["NEVER"], orcpt: null });
});
