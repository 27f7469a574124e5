import fc from "fast-check";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { inspected, little, PROGRAM, told } from "./inspected-file.ts";
import { TNEF } from "./tnef-reader.ts";

const [MESSAGE, ATTACHMENT] = [1, 2];
const [RENDERING, TITLE, DATA, PROPERTIES, MESSAGE_CLASS] = [
  0x00069002, 0x00018010, 0x0006800f, 0x00069005, 0x00078008,
];

/** One attribute (MS-OXTNEF §2.1.3.1); the sum is that of its octets. */
function attribute(level: number, id: number, data: Uint8Array): Buffer {
  const sum = data.reduce((total, octet) => total + octet, 0) % 65_536;
  return Buffer.concat([little(level, 1), little(id, 4), little(data.length, 4), data, little(sum, 2)]);
}

const winmail = (...attributes: Buffer[]): Buffer =>
  Buffer.concat([
    TNEF,
    little(1, 2),
    attribute(MESSAGE, MESSAGE_CLASS, Buffer.from("IPM.Microsoft Mail.Note\0")),
    ...attributes,
  ]);

const padded = (data: Uint8Array): Buffer => Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
/** A property whose size is told (§2.1.3.4). */
const property = (type: number, id: number, data: Uint8Array): Buffer =>
  Buffer.concat([little(type, 2), little(id, 2), little(1, 4), little(data.length, 4), padded(data)]);
const properties = (...all: Buffer[]): Buffer =>
  attribute(ATTACHMENT, PROPERTIES, Buffer.concat([little(all.length, 4), ...all]));
const longName = (name: string): Buffer => property(0x1f, 0x3707, Buffer.from(`${name}\0`, "utf16le"));

const attachment = (title: string, content: Uint8Array, ...more: Buffer[]): Buffer =>
  Buffer.concat([
    attribute(ATTACHMENT, RENDERING, Buffer.alloc(14)),
    attribute(ATTACHMENT, DATA, content),
    attribute(ATTACHMENT, TITLE, Buffer.from(`${title}\0`)),
    ...more,
  ]);

/** Properties of all other kinds, in front of the one that matters. */
const OTHERS = [
  Buffer.concat([little(3, 2), little(0x3705, 2), little(1, 4)]),
  Buffer.concat([little(0x40, 2), little(0x3007, 2), Buffer.alloc(8)]),
  Buffer.concat([little(0x1003, 2), little(0x6000, 2), little(3, 4), Buffer.alloc(12)]),
  // Named: by a number, and by a name.
  Buffer.concat([
    little(3, 2),
    little(0x8001, 2),
    Buffer.alloc(16),
    little(0, 4),
    little(7, 4),
    little(1, 4),
  ]),
  Buffer.concat([
    little(0x0b, 2),
    little(0x8002, 2),
    Buffer.alloc(16),
    little(1, 4),
    little(6, 4),
    padded(Buffer.from("ab\0", "utf16le")),
    little(1, 4),
  ]),
  // Several values.
  Buffer.concat([
    little(0x101e, 2),
    little(0x6001, 2),
    little(2, 4),
    ...["ab\0", "cdefg\0"].flatMap((text) => [little(text.length, 4), padded(Buffer.from(text))]),
  ]),
];

describe("winmail.dat", () => {
  test("names and content of its files, in pieces of any size", async () => {
    const octets = winmail(
      attachment("photo.jpg", PROGRAM),
      attachment("REPORT~1.TXT", Buffer.from("hello"), properties(...OTHERS, longName("report of may.vbs"))),
      attachment("all.zip", zipSync({ "in.js": Buffer.from("x"), "b.txt": PROGRAM })),
    );
    const whole = await inspected(octets);
    expect(told(whole)).toEqual([
      "f/1 exe by content",
      "f/photo.jpg jpg by name",
      "f/REPORT~1.TXT txt by name",
      "f/report of may.vbs vbs by name",
      "f/3/in.js js by name",
      "f/all.zip zip by name",
    ]);
    expect(whole.closed).toEqual([]);
    for (const size of [1, 7, 100]) expect(await inspected(octets, size)).toEqual(whole);
  });

  test("what is in a message that it holds, and content among the properties", async () => {
    const inner = winmail(attachment("run.scr", PROGRAM));
    const embedded = property(0x0d, 0x3701, Buffer.concat([Buffer.alloc(16, 3), inner]));
    const binary = property(0x102, 0x3701, PROGRAM);
    expect(told(await inspected(winmail(attachment("m", Buffer.alloc(0), properties(embedded)))))).toEqual([
      "f/1/1 exe by content",
      "f/1/run.scr scr by name",
    ]);
    expect(told(await inspected(winmail(attachment("m", Buffer.alloc(0), properties(binary)))))).toEqual([
      "f/1 exe by content",
    ]);
  });

  test("a length that lies hides nothing that stands after the attribute", async () => {
    const lying = properties(
      Buffer.concat([little(0x1f, 2), little(0x3001, 2), little(1, 4), little(9e8, 4)]),
    );
    const octets = winmail(attachment("a.txt", Buffer.from("x"), lying), attachment("run.exe", PROGRAM));
    expect(told(await inspected(octets))).toContain("f/run.exe exe by name");
  });

  test("cut, it is damaged, and what stands before is known", async () => {
    const octets = winmail(attachment("a.txt", PROGRAM));
    const finding = await inspected(octets.subarray(0, octets.length - 30));
    expect(finding.closed).toEqual([{ path: "f", why: "damaged" }]);
    expect(told(finding)).toEqual(["f/1 exe by content"]);
  });

  test("deep inside each other it comes to an end", async () => {
    let octets = winmail(attachment("run.exe", PROGRAM));
    for (let i = 0; i < 8; i++) octets = winmail(attachment("m.dat", octets));
    expect((await inspected(octets)).tooMuch).toMatch(/inside each other/);
  });

  test("whatever octets stand there: no crash, and an end", async () => {
    const octets = winmail(
      attachment("photo.jpg", Buffer.from("hello"), properties(...OTHERS, longName("a.vbs"))),
      attachment("b.txt", Buffer.from("hello")),
    );
    const edits = fc.array(fc.tuple(fc.nat({ max: octets.length - 5 }), fc.nat({ max: 255 })), {
      maxLength: 9,
    });
    await fc.assert(
      fc.asyncProperty(edits, fc.integer({ min: 1, max: 900 }), async (changes, size) => {
        const broken = Buffer.from(octets);
        for (const [at, octet] of changes) broken[4 + at] = octet;
        expect((await inspected(broken, size)).check).toBe("attachments");
      }),
      { numRuns: 1_000 },
    );
  });
});
