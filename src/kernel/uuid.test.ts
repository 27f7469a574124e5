import fc from "fast-check";
import { expect, test } from "vitest";
import { base32ToUuid, newUuid, uuidToBase32 } from "./uuid.ts";

test("a UUIDv7 carries its time, its version and its variant (RFC 9562 §5.7, example A.6)", () => {
  const id = newUuid(
    () => 0x017f22e279b0,
    () => new Uint8Array(16).fill(0xff),
  );
  expect(id).toBe("017f22e2-79b0-7fff-bfff-ffffffffffff");
});

test("base32 gives back the same UUID, and nothing else parses", () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      const text = uuidToBase32(id);
      expect(text).toMatch(/^[a-z2-7]{26}$/);
      expect(base32ToUuid(text)).toBe(id);
    }),
  );
  expect(base32ToUuid("a".repeat(25))).toBeNull();
  expect(base32ToUuid("a".repeat(25).concat("b"))).toBeNull(); // bits behind the UUID must be zero
  fc.assert(fc.property(fc.string(), (text) => base32ToUuid(text) === null || text.length === 26));
});
