import fc from "fast-check";
import { expect, test } from "vitest";
import { decideRotation, decideUrgent, ROTATION_DEFAULTS } from "./decide-rotation.ts";
import type { DkimKey, Slot } from "./dkim-key.ts";

const DAY = 86_400_000;
const key = (slot: Slot, state: DkimKey["state"], at: number): DkimKey => ({
  algorithm: "rsa",
  slot,
  state,
  publicKey: "AAAA",
  publishedAt: at,
  activatedAt: state === "published" ? null : at,
  retiredAt: state === "retired" || state === "revoked" ? at : null,
  revokedAt: state === "revoked" ? at : null,
  pushedAt: null,
  lookedAt: null,
  seen: false,
  urgent: false,
});
const now = 1_000 * DAY;
const ago = (days: number): number => now - days * DAY;

test.each([
  ["a domain without keys gets one", [], { kind: "make", slot: 1 }],
  ["the first key is looked for at once", [key(1, "published", now)], { kind: "look", slot: 1 }],
  ["a young key signs on", [key(1, "active", ago(89))], { kind: "wait" }],
  ["an old key gets a successor", [key(1, "active", ago(90))], { kind: "make", slot: 2 }],
  [
    "a successor waits until caches have forgotten what stood there",
    [key(1, "active", ago(92)), key(2, "published", ago(2.9))],
    { kind: "wait" },
  ],
  [
    "then it is looked for",
    [key(1, "active", ago(93)), key(2, "published", ago(3))],
    { kind: "look", slot: 2 },
  ],
  [
    "the record of the old one stays for what is on its way",
    [key(1, "retired", ago(6.9)), key(2, "active", ago(6.9))],
    { kind: "wait" },
  ],
  ["and goes then", [key(1, "retired", ago(7)), key(2, "active", ago(7))], { kind: "revoke", slot: 1 }],
  [
    "a slot that was revoked takes the next",
    [key(1, "revoked", ago(80)), key(2, "active", ago(90))],
    { kind: "make", slot: 1 },
  ],
] as const)("%s", (_, keys, step) => {
  expect(decideRotation(keys, now, ROTATION_DEFAULTS)).toEqual(step);
});

test("a rotation that an administrator asks for begins at once, but never takes a slot that is in use", () => {
  const young = key(1, "active", ago(1));
  expect(decideRotation([young], now, ROTATION_DEFAULTS, true)).toEqual({ kind: "make", slot: 2 });
  expect(decideRotation([young, key(2, "retired", ago(1))], now, ROTATION_DEFAULTS, true)).toEqual({
    kind: "wait",
  });
});

test.each([
  ["no key", [], 1, false],
  ["the key that may be in other hands", [key(1, "active", now)], 2, false],
  ["a next key that waits", [key(1, "active", now), key(2, "published", now)], 2, true],
  ["an old key that still verifies", [key(1, "retired", now), key(2, "active", now)], 1, false],
  ["a slot that is free", [key(1, "revoked", now), key(2, "active", now)], 1, false],
  ["a first key that nobody has seen", [key(1, "published", now)], 1, true],
] as const)("the key that takes over at once never stands where one signs: %s", (_, keys, slot, isThere) => {
  expect(decideUrgent(keys)).toEqual({ slot, isThere });
});

test("whatever the DNS shows and however often one looks, there is one key that signs from the first on", () => {
  const visits = fc.array(fc.record({ hours: fc.nat(24 * 40), isVisible: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(visits, (list) => {
      let at = 0;
      const slots = new Map<Slot, DkimKey>();
      const faults: string[] = [];
      const claim = (what: string, isSo: boolean): void => void (isSo || faults.push(what));
      const signing = (): number => [...slots.values()].filter((one) => one.state === "active").length;
      for (const { hours, isVisible } of list) {
        at += hours * 3_600_000;
        const before = signing();
        const step = decideRotation([...slots.values()], at, ROTATION_DEFAULTS);
        const old = step.kind === "wait" ? undefined : slots.get(step.slot);
        if (step.kind === "make") {
          claim("a slot in use was taken", old === undefined || old.state === "revoked");
          slots.set(step.slot, key(step.slot, "published", at));
        } else if (step.kind === "revoke") {
          claim("a key was revoked too early", at - (old?.retiredAt ?? at) >= ROTATION_DEFAULTS.keepMs);
          slots.set(step.slot, key(step.slot, "revoked", at));
        } else if (step.kind === "look" && isVisible) {
          for (const [slot, one] of slots)
            if (one.state === "active") slots.set(slot, key(slot, "retired", at));
          slots.set(step.slot, key(step.slot, "active", at));
        }
        claim("the key that signs is one", signing() <= 1 && signing() >= before);
      }
      expect(faults).toEqual([]);
    }),
  );
});
