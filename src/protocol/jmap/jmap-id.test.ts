import fc from "fast-check";
import { expect, test } from "vitest";
import { type BlobRef, parseBlobId, parseId, printBlobId, printId } from "./jmap-id.ts";

const KINDS = ["account", "mailbox", "email", "thread", "identity", "submission", "upload"] as const;

test("ids come back, and an id of one kind is none of another", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.constantFrom(...KINDS), (uuid, kind) => {
      const id = printId(kind, uuid);
      expect(id).toMatch(/^[a-z2-7]{27}$/);
      for (const other of KINDS) expect(parseId(other, id)).toBe(other === kind ? uuid : null);
    }),
  );
});

test("blob ids come back, and fit RFC 8620 §1.2", () => {
  const slice = fc
    .record({
      start: fc.nat(1e9),
      length: fc.nat(1e9),
      encoding: fc.constantFrom("identity" as const, "base64" as const, "quoted-printable" as const),
    })
    .map(({ start, length, encoding }) => ({ start, end: start + length, encoding }));
  const ofEmail: fc.Arbitrary<BlobRef> = fc
    .tuple(fc.uuid(), fc.option(slice))
    .map(([emailId, one]) => ({ kind: "email", emailId, slice: one }));
  const ofUpload: fc.Arbitrary<BlobRef> = fc.uuid().map((uploadId) => ({ kind: "upload", uploadId }));
  const ref = fc.oneof(ofEmail, ofUpload);
  fc.assert(
    fc.property(ref, (one) => {
      expect(printBlobId(one)).toMatch(/^[A-Za-z0-9_-]{1,255}$/);
      expect(parseBlobId(printBlobId(one))).toEqual(one);
    }),
  );
});

test("anything else is no id", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseBlobId(text)).toBeNull();
      for (const kind of KINDS) expect(parseId(kind, text)).toBeNull();
    }),
  );
  const good = printBlobId({ kind: "email", emailId: "01234567-89ab-7def-8123-456789abcdef", slice: null });
  for (const bad of [`${good}_9_3_i`, `${good}_1_2`, `${good}_1_2_x`, `${good}x`, good.toUpperCase()])
    expect(parseBlobId(bad)).toBeNull();
});
