import fc from "fast-check";
import { expect, test } from "vitest";
import { ALL_RIGHTS, changedRights, effectiveRights, lettersOf, may, RIGHT, rightsOf } from "./rights.ts";

const sum = (all: readonly number[]): number => all.reduce((one, other) => one | other, 0);
const someRights = fc.nat({ max: ALL_RIGHTS });

test("letters and bits are the same thing, in any order and however often they are said", () => {
  expect(lettersOf(ALL_RIGHTS)).toBe("lrswipkxtea");
  expect(Object.keys(RIGHT).join("")).toBe("lrswipkxtea");
  expect(rightsOf("rrl?Q7")).toBe(RIGHT.l | RIGHT.r);
  fc.assert(
    fc.property(someRights, (rights) => {
      const letters = lettersOf(rights);
      expect(rightsOf(letters)).toBe(rights);
      expect(rightsOf(`${letters}${letters}`.split("").toReversed().join(""))).toBe(rights);
    }),
  );
});

test("a negative entry takes away, whatever else gives; without it, all entries are added up", () => {
  fc.assert(
    fc.property(fc.array(someRights), fc.array(someRights), (grants, denials) => {
      const effective = effectiveRights(sum(grants), sum(denials));
      for (const letter of Object.keys(RIGHT)) {
        const isGiven = grants.some((one) => may(one, letter));
        const isTaken = denials.some((one) => may(one, letter));
        expect(may(effective, letter)).toBe(isGiven && !isTaken);
      }
    }),
  );
});

test("adding and removing change nothing else, and undo each other", () => {
  fc.assert(
    fc.property(someRights, someRights, (rights, change) => {
      const added = changedRights(rights, { op: "add", rights: change });
      const removed = changedRights(rights, { op: "remove", rights: change });
      expect(may(added, lettersOf(change)) && may(added, lettersOf(rights))).toBe(true);
      expect(added & ~rights & ~change).toBe(0);
      expect(removed & change).toBe(0);
      expect(removed | (rights & change)).toBe(rights);
      expect(changedRights(added, { op: "remove", rights: change })).toBe(removed);
      expect(changedRights(rights, { op: "replace", rights: change })).toBe(change);
    }),
  );
});
