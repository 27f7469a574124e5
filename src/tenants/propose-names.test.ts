import fc from "fast-check";
import { expect, test } from "vitest";
import { localPartFor, localPartProblem, slugFor, slugProblem } from "./propose-names.ts";

test.each([
  ["Municipality of Athens", "municipality-athens"],
  ["Δήμος Θεσσαλονίκης", "dimos-thessalonikis"],
  ["Υπουργείο Παιδείας και Θρησκευμάτων", "ypourgeio-paideias-thriskevmaton"],
  ["Министерство обороны", "ministerstvo-oborony"],
  ["Ayuntamiento de Málaga", "ayuntamiento-malaga"],
  ["École Polytechnique Fédérale de Lausanne en Suisse", "ecole-polytechnique-federale-lausanne-en"],
  ["The Of", "the-of"],
  ["東京都", ""],
])("an agency called %s is proposed as «%s»", (name, slug) => {
  expect(slugFor(name)).toBe(slug);
});

test.each([
  ["Μαρία Παπαδοπούλου", "maria.papadopoulou"],
  ["Juan Carlos de la Cruz", "juan.cruz"],
  ["Anna", "anna"],
  ["Ευάγγελος Μπαλτάς", "evangelos.mpaltas"],
])("a person called %s is proposed as %s", (name, localPart) => {
  expect(localPartFor(name)).toBe(localPart);
});

test.each([
  ["postmaster", "reserved"],
  ["webmail", "reserved"],
  ["-athens", "malformed"],
  ["a..b", "malformed"],
  ["xn--80ak6aa92e", "malformed"],
  ["a", "too_short"],
  ["x".repeat(64), "too_long"],
  ["athens", null],
])("the short name «%s»: %s", (slug, problem) => {
  expect(slugProblem(slug)).toBe(problem);
});

test.each([
  ["admin", "reserved"],
  ["abuse", "reserved"],
  ["maria+x", "malformed"],
  ["maria..p", "malformed"],
  [".maria", "malformed"],
  ["", "too_short"],
  ["maria.p_2", null],
])("the local part «%s»: %s", (localPart, problem) => {
  expect(localPartProblem(localPart)).toBe(problem);
});

test("whatever is proposed is well-formed, unless it is empty or reserved", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const [slug, localPart] = [slugFor(name), localPartFor(name)];
      expect([null, "reserved", "too_short"]).toContain(slugProblem(slug));
      expect([null, "reserved", "too_short"]).toContain(localPartProblem(localPart));
    }),
  );
});
