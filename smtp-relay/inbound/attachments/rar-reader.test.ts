import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inspected, little, PROGRAM, told } from "./inspected-file.ts";
import { rarName } from "./rar-name.ts";
import { RAR_4, RAR_5 } from "./rar-reader.ts";

interface Packed {
  readonly name: string | Buffer;
  readonly content?: Uint8Array;
  readonly isCompressed?: boolean;
  readonly isEncrypted?: boolean;
  readonly isSplit?: boolean;
}

const END_4 = Buffer.from([0xc4, 0x3d, 0x7b, 0, 0x40, 7, 0]);

/** A block of RAR 4; check sums are not looked at. */
const block4 = (type: number, flags: number, header: Buffer, data: Uint8Array = Buffer.alloc(0)): Buffer =>
  Buffer.concat([
    little(0, 2),
    little(type, 1),
    little(flags, 2),
    little(header.length + 7, 2),
    header,
    data,
  ]);

function file4({ name, content = PROGRAM, isCompressed, isEncrypted, isSplit }: Packed): Buffer {
  const octets = Buffer.from(name);
  const flags = 0x8000 | (isEncrypted ? 4 : 0) | (isSplit ? 2 : 0) | (typeof name === "string" ? 0 : 0x200);
  const header = [
    little(content.length, 4),
    little(content.length, 4),
    little(0, 10),
    little(isCompressed ? 0x33 : 0x30, 1),
  ];
  header.splice(2, 1, little(2, 1), little(0, 8), little(29, 1));
  return block4(
    0x74,
    flags,
    Buffer.concat([...header, little(octets.length, 2), little(32, 4), octets]),
    content,
  );
}

const rar4 = (...blocks: Buffer[]): Buffer =>
  Buffer.concat([RAR_4, block4(0x73, 0, Buffer.alloc(6)), ...blocks, END_4]);

/** Seven bits an octet, the lowest first. */
function variable(value: number): Buffer {
  const octets: number[] = [];
  let left = value;
  do {
    octets.push((left % 128) + (left >= 128 ? 128 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.from(octets);
}

function block5(type: number, flags: number, fields: Buffer, extra: Buffer, data: Uint8Array): Buffer {
  const header = Buffer.concat([
    variable(type),
    variable(flags | (extra.length > 0 ? 1 : 0) | (data.length > 0 ? 2 : 0)),
    ...(extra.length > 0 ? [variable(extra.length)] : []),
    ...(data.length > 0 ? [variable(data.length)] : []),
    fields,
    extra,
  ]);
  return Buffer.concat([little(0, 4), variable(header.length), header, data]);
}

function file5({ name, content = PROGRAM, isCompressed, isEncrypted, isSplit }: Packed): Buffer {
  const octets = Buffer.from(name);
  const fields = Buffer.concat([
    variable(6),
    variable(content.length),
    variable(32),
    little(0, 8),
    variable(isCompressed ? 0x80 | (3 << 7) : 0),
    variable(0),
    variable(octets.length),
    octets,
  ]);
  // A time, and what belongs to encryption.
  const time = Buffer.concat([variable(10), variable(3), Buffer.alloc(9)]);
  const encryption = Buffer.concat([variable(40), variable(1), Buffer.alloc(39)]);
  const extra = isEncrypted ? Buffer.concat([time, encryption]) : time;
  return block5(2, isSplit ? 0x10 : 0, fields, extra, content);
}

const NONE = Buffer.alloc(0);
const rar5 = (...blocks: Buffer[]): Buffer =>
  Buffer.concat([
    RAR_5,
    block5(1, 0, variable(0), NONE, NONE),
    ...blocks,
    block5(5, 0, variable(0), NONE, NONE),
  ]);

describe.each([
  ["RAR 4", rar4, file4],
  ["RAR 5", rar5, file5],
] as const)("%s", (_, archive, file) => {
  test("names of all files, and the content of what is stored as it is, in pieces of any size", async () => {
    const octets = archive(file({ name: "a/run.js" }), file({ name: "photo.jpg" }));
    const whole = await inspected(octets);
    expect(told(whole)).toEqual([
      "f rar by content",
      "f/a/run.js js by name",
      "f/a/run.js exe by content",
      "f/photo.jpg jpg by name",
    ]);
    expect(whole.closed).toEqual([]);
    for (const size of [1, 7, 100]) expect(await inspected(octets, size)).toEqual(whole);
  });

  test.each([
    ["compressed", "kind", { isCompressed: true }],
    ["split", "kind", { isSplit: true }],
    ["has a password", "password", { isEncrypted: true, isCompressed: true }],
  ])("what is %s can't be looked into, and its name is known", async (_kind, why, more) => {
    const finding = await inspected(archive(file({ name: "run.exe", ...more }), file({ name: "b.vbs" })));
    expect(told(finding)).toEqual(expect.arrayContaining(["f/run.exe exe by name", "f/b.vbs vbs by name"]));
    expect(finding.closed).toEqual([{ path: "f", why }]);
  });

  test("cut anywhere it is damaged, and nothing is lost of what stands before", async () => {
    const octets = archive(file({ name: "run.exe" }), file({ name: "b.txt" }));
    for (let length = octets.length - 60; length < octets.length - 20; length++)
      expect(told(await inspected(octets.subarray(0, length)))).toContain("f/run.exe exe by name");
    expect((await inspected(octets.subarray(0, 300))).closed).toEqual([{ path: "f", why: "damaged" }]);
  });

  test("whatever octets stand there: no crash, and an end", async () => {
    const octets = archive(file({ name: "run.exe" }), file({ name: "b.txt", isCompressed: true }));
    const edits = fc.array(fc.tuple(fc.nat({ max: octets.length - 1 }), fc.nat({ max: 255 })), {
      maxLength: 9,
    });
    await fc.assert(
      fc.asyncProperty(edits, fc.integer({ min: 1, max: 900 }), async (changes, size) => {
        const broken = Buffer.from(octets);
        for (const [at, octet] of changes) if (at > 7) broken[at] = octet;
        expect((await inspected(broken, size)).check).toBe("attachments");
      }),
      { numRuns: 500 },
    );
  });
});

test("an encrypted header says nothing but that", async () => {
  const four = Buffer.concat([RAR_4, block4(0x73, 0x80, Buffer.alloc(6)), Buffer.alloc(200, 7)]);
  const five = Buffer.concat([RAR_5, block5(4, 0, Buffer.alloc(30), NONE, NONE), Buffer.alloc(200, 7)]);
  for (const octets of [four, five])
    expect((await inspected(octets)).closed).toEqual([{ path: "f", why: "password" }]);
});

describe("a name in Unicode", () => {
  test("each of the four ways to write a character", () => {
    // The high octet is 4; then b as it is, а (U+0430) with the high octet, ☃ in two, and `.js` as in the plain name.
    const coded = Buffer.from([0x04, 0b00_01_10_11, 0x62, 0x30, 0x03, 0x26, 0x01]);
    expect(rarName(Buffer.concat([Buffer.from("b??.js\0"), coded]), true)).toBe("bа☃.js\0b??.js");
  });

  test("without a NUL it is UTF-8", () => {
    expect(rarName(Buffer.from("λ.exe"), true)).toBe("λ.exe");
  });

  test("both names count", async () => {
    const coded = Buffer.from([0x00, 0b00_00_00_00, ...Buffer.from("a.ex"), 0b00_00_00_00, 0x65]);
    const name = Buffer.concat([Buffer.from("a.txt\0"), coded]);
    const found = told(await inspected(rar4(file4({ name, isCompressed: true }))));
    expect(found.map((one) => one.split(" ").slice(1).join(" "))).toEqual(
      expect.arrayContaining(["exe by name", "txt by name"]),
    );
  });
});
