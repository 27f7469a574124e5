import fc from "fast-check";
import { expect, test } from "vitest";
import { applyPatch } from "./patch.ts";

const email = { keywords: { $seen: true }, mailboxIds: { m1: true } };

test("RFC 8620 §5.3: a path sets, replaces or with null removes what it leads to", () => {
  expect(
    applyPatch(email, { "keywords/$flagged": true, "mailboxIds/m1": null, "mailboxIds/m2": true }),
  ).toEqual({
    ok: true,
    value: { keywords: { $seen: true, $flagged: true }, mailboxIds: { m2: true } },
  });
  expect(applyPatch(email, { keywords: {} })).toEqual({
    ok: true,
    value: { keywords: {}, mailboxIds: { m1: true } },
  });
});

test("what is not patched, and the object itself, stay as they are", () => {
  applyPatch(email, { "keywords/$seen": null });
  expect(email.keywords).toEqual({ $seen: true });
});

test.each([
  [{ keywords: {}, "keywords/$seen": true }, "keywords/$seen"],
  [{ "no/such": 1 }, "no/such"],
  [{ "keywords/$seen/deeper": 1 }, "keywords/$seen/deeper"],
])("%j can't be applied", (patch, path) => {
  expect(applyPatch(email, patch)).toMatchObject({ ok: false, expected: path });
});

test("escaped keys, and a key that objects inherit", () => {
  expect(applyPatch({ a: { "x/y": 1 } }, { "a/x~1y": 2 })).toEqual({ ok: true, value: { a: { "x/y": 2 } } });
  const patched = applyPatch({ a: {} }, { "a/__proto__": { polluted: true } });
  expect(patched.ok && Object.keys(Object(patched.value["a"]))).toEqual(["__proto__"]);
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

const escape = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");

test("patching each key of one level to its wanted value gives the wanted object", () => {
  const map = fc.dictionary(fc.string({ minLength: 1 }), fc.integer());
  fc.assert(
    fc.property(map, map, (before, after) => {
      const patch = Object.fromEntries([
        ...Object.keys(before).map((key) => [`p/${escape(key)}`, null] as const),
        ...Object.entries(after).map(([key, value]) => [`p/${escape(key)}`, value] as const),
      ]);
      expect(applyPatch({ p: before }, patch)).toEqual({ ok: true, value: { p: after } });
    }),
  );
});
