import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { inspected, PROGRAM, told } from "../../smtp-relay/inbound/attachments/inspected-file.ts";
import { needs } from "../support/programs.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "angelia-7z-"));
  writeFileSync(join(dir, "run.js"), "x".repeat(500));
  writeFileSync(join(dir, "Μελέτη.exe"), PROGRAM);
  writeFileSync(join(dir, "empty.txt"), "");
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
beforeEach((context) => needs(context, "7zz"));

/** An archive of the three files, as 7-Zip makes it. */
function archive(...options: string[]): Buffer {
  const name = `a${options.join("")}.7z`;
  execFileSync("7zz", ["a", ...options, name, "run.js", "Μελέτη.exe", "empty.txt"], {
    cwd: dir,
    stdio: "ignore",
  });
  return readFileSync(join(dir, name));
}

const NAMES = ["f/run.js js by name", "f/Μελέτη.exe exe by name", "f/empty.txt txt by name"];

describe("an archive of 7-Zip", () => {
  test.each([
    ["LZMA2", []],
    ["stored", ["-mx=0"]],
    ["PPMd", ["-m0=PPMd"]],
    ["a filter for programs", ["-mf=BCJ2"]],
    ["not solid", ["-ms=off"]],
  ])("with its header as it is, %s: names, and that it can't be opened", async (_, options) => {
    const octets = archive("-mhc=off", ...options);
    for (const size of [1, 50, 10_000]) {
      const finding = await inspected(octets, size);
      expect(told(finding)).toEqual(expect.arrayContaining(NAMES));
      expect(finding.closed).toEqual([{ path: "f", why: "kind" }]);
    }
  });

  test("with a packed header: that it can't be opened", async () => {
    const finding = await inspected(archive());
    expect(told(finding)).toEqual(["f 7z by content"]);
    expect(finding.closed).toEqual([{ path: "f", why: "kind" }]);
  });

  test("with a password: that it has one, however its header is", async () => {
    for (const options of [["-mhc=off"], [], ["-mhe=on"]]) {
      const finding = await inspected(archive("-psecret", ...options));
      const isPlain = options[0] === "-mhc=off";
      expect(told(finding)).toEqual(expect.arrayContaining(isPlain ? NAMES : []));
      const why = isPlain || options[0] === "-mhe=on" ? "password" : "kind";
      expect(finding.closed).toEqual([{ path: "f", why }]);
    }
  });

  test("cut, it is damaged", async () => {
    const octets = archive("-mhc=off");
    for (const length of [20, 40, octets.length - 1])
      expect((await inspected(octets.subarray(0, length))).closed).toEqual([{ path: "f", why: "damaged" }]);
  });

  test("whatever octets stand there: no crash, and an end", async () => {
    const octets = archive("-mhc=off");
    const edits = fc.array(fc.tuple(fc.nat({ max: octets.length - 7 }), fc.nat({ max: 255 })), {
      maxLength: 9,
    });
    await fc.assert(
      fc.asyncProperty(edits, fc.integer({ min: 1, max: 900 }), async (changes, size) => {
        const broken = Buffer.from(octets);
        for (const [at, octet] of changes) broken[6 + at] = octet;
        expect((await inspected(broken, size)).check).toBe("attachments");
      }),
      { numRuns: 500 },
    );
  });
});
