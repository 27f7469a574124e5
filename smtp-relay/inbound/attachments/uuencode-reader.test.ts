import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inspected, PROGRAM, told } from "./inspected-file.ts";

const character = (value: number): string => (value === 0 ? "`" : String.fromCharCode(32 + value));

/** As POSIX describes it. */
function uuencode(name: string, content: Uint8Array, mode = "644"): string {
  const lines = [`begin ${mode} ${name}`];
  for (let at = 0; at < content.length; at += 45) {
    const piece = content.subarray(at, at + 45);
    let line = character(piece.length);
    for (let i = 0; i < piece.length; i += 3) {
      const bits = ((piece[i] ?? 0) << 16) | ((piece[i + 1] ?? 0) << 8) | (piece[i + 2] ?? 0);
      line += [18, 12, 6, 0].map((by) => character((bits >> by) & 63)).join("");
    }
    lines.push(line);
  }
  return [...lines, "`", "end", ""].join("\r\n");
}

const base64 = (name: string, content: Uint8Array): string =>
  `begin-base64 644 ${name}\r\n${Buffer.from(content)
    .toString("base64")
    .replace(/.{60}/g, "$&\r\n")}\r\n====\r\n`;

const inText = (text: string, size = 10_000): ReturnType<typeof inspected> =>
  inspected(Buffer.from(text), size, "text");

describe("a file between the lines of a text", () => {
  test("what Debian's uuencode made of `MZ`", async () => {
    const text = 'Hello,\n\nbegin 755 setup.exe\n"35H`\n`\nend\nBye\n';
    expect(told(await inText(text))).toEqual(["f/setup.exe exe by name"]);
  });

  test.each([
    ["the old form", uuencode("photo.jpg", PROGRAM)],
    ["with blanks for zeros", uuencode("photo.jpg", PROGRAM).replaceAll("`", " ")],
    [
      "with blanks at the ends lost",
      uuencode("photo.jpg", PROGRAM)
        .replaceAll("`", " ")
        .replace(/ +\r\n/g, "\r\n"),
    ],
    ["the base64 form", base64("photo.jpg", PROGRAM)],
    ["without a mode", uuencode("photo.jpg", PROGRAM).replace("begin 644 ", "begin ")],
    ["without an end", uuencode("photo.jpg", PROGRAM).replace("`\r\nend\r\n", "")],
    ["with bare line ends", uuencode("photo.jpg", PROGRAM).replaceAll("\r\n", "\n")],
  ])("%s, in pieces of any size", async (_, file) => {
    const text = `Dear all,\r\nbegin with this:\r\n${file}\r\nKind regards\r\n`;
    const whole = await inText(text);
    expect(told(whole)).toEqual(["f/photo.jpg jpg by name", "f/photo.jpg exe by content"]);
    for (const size of [1, 2, 63, 500]) expect(await inText(text, size)).toEqual(whole);
  });

  test("several, one after the other", async () => {
    const text = uuencode("a.js", PROGRAM) + uuencode("my file.vbs", PROGRAM) + base64("c.bat", PROGRAM);
    expect(told(await inText(text)).filter((one) => one.endsWith("by name"))).toEqual([
      "f/a.js js by name",
      "f/my file.vbs vbs by name",
      "f/c.bat bat by name",
    ]);
  });
});

test.each([
  "begin 644 run.exe\r\n",
  "begin 644 run.exe\r\nis what such a file begins with\r\n",
  "We begin 644 run.exe\r\n#0V%T\r\n`\r\nend\r\n",
  "begin reading report.exe\r\ntomorrow, please\r\n",
  `begin${" ".repeat(5_000)}644 run.exe\r\n#0V%T\r\n`,
  "begin\r\nbegin \r\nbegin 644\r\nbegin 644 \r\n",
])("a text is a text: %j", async (text) => {
  expect(told(await inText(text))).toEqual([]);
});

test("what comes back is what went in", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (tail) => {
      const content = Buffer.concat([PROGRAM, tail]);
      const [old, modern] = [await inText(uuencode("x", content)), await inText(base64("x", content))];
      expect(told(old)).toEqual(["f/x exe by content"]);
      expect(told(modern)).toEqual(told(old));
    }),
    { numRuns: 100 },
  );
});

test("any text in any pieces: no crash, and the same as the whole", async () => {
  const pieces = fc.array(
    fc.constantFrom(
      "begin 644 a.exe",
      "begin-base64 644 b.js",
      "begin",
      "#0V%T",
      "`",
      "end",
      "====",
      "QUJD",
      "\r\n",
      "\n",
      "\r",
      " ",
      "é",
      "M",
    ),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 40 }), async (parts, size) => {
      const text = parts.join("");
      expect(await inText(text, size)).toEqual(await inText(text));
    }),
    { numRuns: 1_000 },
  );
});
