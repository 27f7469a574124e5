import fc from "fast-check";
import { gzipSync, type Zippable, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { indexMessage } from "../../src/protocol/mime-structure/index.ts";
import { fileEndings } from "./attachments/file-endings.ts";
import { checkAttachments, type IndexedMessage } from "./check-attachments.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
/** The start of a Windows program. */
const PROGRAM = Uint8Array.from(
  { length: 600 },
  (_, i) => [0x4d, 0x5a, 0x90, 0][i] ?? (i % 5 === 0 ? 0 : i % 251),
);

/** A message with these attachments: a name, or the header lines of the part. */
function message(...files: readonly (readonly [string, Uint8Array])[]): Buffer {
  const parts = files.map(([name, content]) => {
    const header = name.includes(":")
      ? name
      : `Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="${name}"`;
    const body = Buffer.from(content).toString("base64").replace(/.{76}/g, "$&\r\n");
    return `--b\r\n${header}\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}\r\n`;
  });
  return Buffer.from(
    `From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n${parts.join("")}--b--\r\n`,
  );
}

/** A message that is read in pieces of this size. */
function inPieces(octets: Uint8Array, size = 65_536): IndexedMessage {
  return {
    index: indexMessage(octets),
    async *read(start, end) {
      for (let at = start; at < end; at += size) yield octets.subarray(at, Math.min(end, at + size));
    },
  };
}

async function found(octets: Uint8Array): Promise<string[]> {
  const { files } = await checkAttachments(inPieces(octets));
  return files.map(({ path, ending, by }) => `${path} ${ending} by ${by}`);
}

const zip = (files: Zippable): Uint8Array => zipSync(files, { mtime: "2026-01-01" });

describe("names", () => {
  test.each([
    ["offer.pdf", ["pdf"]],
    ["OFFER.EXE", ["exe"]],
    ["offer.pdf.exe", ["exe"]],
    ["offer.exe.", ["exe"]],
    ["offer.exe . .", ["exe"]],
    ["offer.exe\u00a0", ["exe"]],
    ["offer.ex\u200be", ["exe"]],
    ["offer.exe::$DATA", ["exe"]],
    ["offer.exe;1", ["exe"]],
    ["offer.exe\0.pdf", ["pdf", "exe"]],
    ["a/b\\offer.js", ["js"]],
    ["offer.ｅｘｅ", ["exe"]],
    ["no ending", []],
    ["README", []],
    ["v1.2 notes", []],
  ])("%j ends in %j", (name, endings) => {
    expect(fileEndings(name)).toEqual(endings);
  });

  test("what turns its direction has the ending it shows and the one it has", () => {
    expect(fileEndings("annual\u202Efdp.exe")).toEqual(["exe", "pdf"]);
    expect(fileEndings("annual\u202Eexe.pdf")).toContain("pdf");
  });

  test.each([
    [`Content-Type: application/x; name="=?UTF-8?B?${btoa("virus.exe")}?="`],
    ["Content-Type: application/x\r\nContent-Disposition: attachment; filename*=utf-8''virus%2Eexe"],
    ['Content-Type: application/x\r\nContent-Disposition: attachment; filename*0="virus."; filename*1="exe"'],
    ['Content-Type: text/plain; name="virus.exe"\r\nContent-Disposition: attachment; filename="good.txt"'],
  ])("is read from %s", async (header) => {
    expect(await found(message([header, text("hello")]))).toContain("virus.exe exe by name");
  });
});

describe("content", () => {
  test("a program is one whatever its name says", async () => {
    expect(await found(message(["photo.jpg", PROGRAM]))).toEqual([
      "photo.jpg jpg by name",
      "photo.jpg exe by content",
    ]);
    expect(await found(message(["Content-Type: text/plain", PROGRAM]))).toEqual([
      "text/plain exe by content",
    ]);
  });

  test.each([
    ["elf", [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0], "exe"],
    ["Mach-O", [0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1], "exe"],
    ["a shortcut", [0x4c, 0, 0, 0, 1, 0x14, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46], "lnk"],
    ["a cabinet", [0x4d, 0x53, 0x43, 0x46, 0, 0, 0, 0], "cab"],
    ["compiled help", [...text("ITSF")], "chm"],
  ])("%s", async (_, head, ending) => {
    const octets = new Uint8Array(5_000);
    octets.set(head);
    expect(await found(message(["photo", octets]))).toEqual([`photo ${ending} by content`]);
  });

  test("an installer is told from an old Office document by its class, wherever that stands", async () => {
    const octets = new Uint8Array(90_000).fill(1);
    octets.set([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
    expect(await found(message(["letter.doc", octets]))).toEqual(["letter.doc doc by name"]);
    octets.set([0x84, 0x10, 0x0c, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46], 70_001);
    expect(await found(message(["letter.doc", octets]))).toContain("letter.doc msi by content");
  });

  test("a disk image says so after 32 KiB", async () => {
    const octets = new Uint8Array(40_000);
    octets.set(text("CD001"), 32_769);
    expect(await found(message(["photo.jpg", octets]))).toContain("photo.jpg iso by content");
  });

  test("a text that begins with MZ is a text", async () => {
    expect(await found(message(["notes.txt", text("MZ is a city code\n".repeat(60))]))).toEqual([
      "notes.txt txt by name",
    ]);
  });

  test("a part of a message inside the message is looked at too", async () => {
    const inner = message(["photo.jpg", PROGRAM]).toString();
    const outer = `Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n${inner}\r\n--o--\r\n`;
    expect(await found(Buffer.from(outer))).toContain("photo.jpg exe by content");
  });
});

/** Endings that are found in a message of one part with a program in it. */
const endingsOf = (header: string): Promise<string[]> => {
  const octets = Buffer.from(`From: a@b.test\r\n${header}\r\n${Buffer.from(PROGRAM).toString("base64")}\r\n`);
  return checkAttachments(inPieces(octets)).then(({ files }) => files.map((file) => file.ending));
};

describe("a message of one part", () => {
  test.each([
    "",
    "Content-Type: text/plain; charset=utf-8\r\n",
    "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Language: el\r\n",
  ])("is text: %j", async (header) => {
    expect(await endingsOf(header)).toEqual([]);
  });
  test.each([
    "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Type: image/jpeg\r\nContent-Transfer-Encoding: BASE64\r\n",
    "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding:\r\n base64 (really)\r\n",
  ])("is a program: %j", async (header) => {
    expect(await endingsOf(header)).toEqual(["exe"]);
  });
  test.each([
    "Content-Type: text/plain; name=run.exe\r\n",
    "Content-Type: text/plain;\r\n name*=utf-8''run.exe\r\n",
    "Content-Disposition: attachment; filename=run.exe\r\n",
  ])("has a name: %j", async (header) => {
    expect(await endingsOf(header)).toContain("exe");
  });
});

describe("archives", () => {
  test("a file in a zip is known by name and by content, also deep inside", async () => {
    const inner = zip({ "invoice.js": text("x"), "b.txt": PROGRAM });
    expect(await found(message(["a.zip", zip({ "in.zip": inner, "c.doc": text("hello") })]))).toEqual([
      "a.zip zip by name",
      "a.zip/in.zip/invoice.js js by name",
      "a.zip/in.zip/b.txt txt by name",
      "a.zip/in.zip/b.txt exe by content",
      "a.zip/c.doc doc by name",
    ]);
  });

  test("stored and deflated, in pieces of any size", async () => {
    const octets = message([
      "a.zip",
      zip({
        "one.bin": [PROGRAM, { level: 0 }],
        "two.bat": [PROGRAM, { level: 9 }],
        "three.txt": text("hi"),
      }),
    ]);
    const whole = await checkAttachments(inPieces(octets));
    expect(whole.closed).toEqual([]);
    expect(whole.files.map((one) => one.ending)).toEqual(["zip", "bin", "exe", "bat", "txt"]);
    for (const size of [1, 3, 7, 64, 1_000])
      expect(await checkAttachments(inPieces(octets, size))).toEqual(whole);
  });

  test("gzip and tar, with a long name", async () => {
    const name = `${"deep/".repeat(30)}run.vbs`;
    const tar = tarOf([
      ["././@LongLink", text(`${name}\0`), "L"],
      [name.slice(0, 100), text("x"), "0"],
      ["photo.jpg", PROGRAM, "0"],
    ]);
    const seen = await found(message(["a.tgz", gzipSync(tar)]));
    expect(seen.some((one) => one.endsWith("run.vbs vbs by name"))).toBe(true);
    expect(seen).toContain("a.tgz/a.tar/photo.jpg exe by content");
    expect(await found(message(["x.gz", gzipSync(PROGRAM, { filename: "setup.scr" })]))).toEqual([
      "x.gz gz by name",
      "x.gz/setup.scr scr by name",
      "x.gz/setup.scr exe by content",
    ]);
  });

  test("with a password: the names are known, and that it can't be looked into", async () => {
    const octets = zip({ "secret.exe": PROGRAM });
    // Bit 0 of the flags, in both headers (APPNOTE 4.4.4).
    octets[6] = (octets[6] ?? 0) | 1;
    const central = Buffer.from(octets).indexOf("PK\x01\x02");
    octets[central + 8] = (octets[central + 8] ?? 0) | 1;
    const finding = await checkAttachments(inPieces(message(["a.zip", octets])));
    expect(finding.closed).toEqual([{ path: "a.zip", why: "password" }]);
    expect(finding.files).toContainEqual({ path: "a.zip/secret.exe", ending: "exe", by: "name" });
  });

  test("of other kinds, or damaged", async () => {
    const bz2 = Buffer.from("BZh91AY&SY");
    expect((await checkAttachments(inPieces(message(["a.txt", bz2])))).closed).toEqual([
      { path: "a.txt", why: "kind" },
    ]);
    const cut = zip({ "a.txt": text("hello".repeat(100)) }).subarray(0, 60);
    expect((await checkAttachments(inPieces(message(["a.zip", cut])))).closed).toEqual([
      { path: "a.zip", why: "damaged" },
    ]);
  });

  test("a first header that lies about its size hides nothing that the directory lists", async () => {
    const octets = zip({ "a.txt": text("hello"), "run.exe": PROGRAM });
    new DataView(octets.buffer, octets.byteOffset).setUint32(18, 1_000_000, true);
    const finding = await checkAttachments(inPieces(message(["a.zip", octets])));
    expect(finding.files).toContainEqual({ path: "a.zip/run.exe", ending: "exe", by: "name" });
    expect(finding.closed).toEqual([{ path: "a.zip", why: "damaged" }]);
  });

  test("a second archive behind the first", async () => {
    const octets = Buffer.concat([zip({ "a.txt": text("x") }), zip({ "run.exe": PROGRAM })]);
    const finding = await checkAttachments(inPieces(message(["a.zip", octets])));
    expect(finding.files).toContainEqual({ path: "a.zip/run.exe", ending: "exe", by: "name" });
  });

  test("sizes behind the content (streamed archives)", async () => {
    const plain = zip({ "a.dat": [PROGRAM, { level: 9 }] });
    const view = new DataView(plain.buffer, plain.byteOffset);
    const [crc, size, full] = [view.getUint32(14, true), view.getUint32(18, true), view.getUint32(22, true)];
    const streamed = Buffer.concat([
      plain.subarray(0, 30 + 5 + size),
      Buffer.from("PK\x07\x08"),
      Buffer.from(Uint32Array.of(crc, size, full).buffer),
      plain.subarray(30 + 5 + size),
    ]);
    streamed.writeUInt16LE(8, 6);
    streamed.fill(0, 14, 26);
    const finding = await checkAttachments(inPieces(message(["a.zip", streamed])));
    expect(finding.files).toContainEqual({ path: "a.zip/a.dat", ending: "exe", by: "content" });
    expect(finding.closed).toEqual([]);
  });

  test("a bomb is not unpacked, and archives in archives have an end", async () => {
    const zeros = zip({ zeros: new Uint8Array(40_000_000) });
    const flat = await checkAttachments(inPieces(message(["a.zip", zeros])));
    expect(flat.tooMuch).toBeNull(); // a file that is no archive is not unpacked beyond its head
    const bomb = zip(
      Object.fromEntries(
        Array.from({ length: 8 }, (_, i) => [
          `${i}.gz`,
          gzipSync(tarOf([["a", new Uint8Array(30_000_000), "0"]])),
        ]),
      ),
    );
    expect((await checkAttachments(inPieces(message(["a.zip", bomb])))).tooMuch).toMatch(
      /more than is unpacked/,
    );
    let nested = zip({ "run.exe": PROGRAM });
    for (let i = 0; i < 8; i++) nested = zip({ [`${i}.zip`]: nested });
    expect((await checkAttachments(inPieces(message(["a.zip", nested])))).tooMuch).toMatch(
      /inside each other/,
    );
  });

  test("random octets where archives should be: no crash", async () => {
    const base = zip({ "a.txt": text("hello".repeat(50)), "b.zip": zip({ "c.exe": PROGRAM }) });
    for (let seed = 1; seed <= 300; seed++) {
      const octets = base.slice();
      for (let i = 0; i < 6; i++) {
        const at = (seed * 7_919 + i * 104_729) % octets.length;
        octets[at] = (seed * 31 + i * 17) % 256;
      }
      const finding = await checkAttachments(inPieces(message(["a.zip", octets]), 500 + seed));
      expect(finding.check).toBe("attachments");
    }
  });
});

describe("what is read", () => {
  test("of a large file that is no archive the head, of a page without a name nothing", async () => {
    const large = Buffer.alloc(3_000_000, "no archive at all\n");
    const octets = Buffer.from(
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n${"<p>".repeat(100_000)}\r\n${message(
        ["a.bin", large],
        ["b.bin", large],
        ["c.js", large],
      )
        .toString()
        .replace(/^[^]*?--b\r\n/, "--b\r\n")}`,
    );
    const whole = inPieces(octets, 4_096);
    let count = 0;
    const finding = await checkAttachments({
      index: whole.index,
      async *read(start, end) {
        for await (const piece of whole.read(start, end)) {
          count += piece.length;
          yield piece;
        }
      },
    });
    expect(finding.files.map((one) => one.ending)).toEqual(["bin", "js"]);
    expect(count).toBeLessThan(3 * 70_000);
  });

  const lines = "Hello\r\nbegin 644 run.exe\r\n#0V%T\r\n`\r\nend\r\n";
  const quoted = lines.replace(/\r\n/g, "=0D=0A=\r\n").replace("begin", "=62eg=\r\nin");
  test.each([
    ["", lines],
    ["Content-Type: text/enriched\r\nContent-Transfer-Encoding: quoted-printable\r\n", quoted],
    ["Content-Transfer-Encoding: base64\r\n", btoa(lines)],
    ["Content-Type: message/rfc822\r\n\r\nSubject: in\r\n", lines],
    ["Content-Type: text/plain; name=a.txt\r\n", lines],
  ])("files between the lines of a text after %j", async (header, body) => {
    const octets = Buffer.from(
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${header}\r\n${body}\r\n--b--\r\n`,
    );
    expect((await found(octets)).join()).toMatch(/\/run\.exe exe by name/);
  });
});

test("a message of which any octets are changed: no crash", async () => {
  const rar = Buffer.from("526172211a070100000000000e0202000500010000056a2e747874", "hex");
  const winmail = Buffer.from("789f3e22010002029006000000000000000210800100060000006a2e65786500ff01", "hex");
  const octets = message(
    ["a.zip", zip({ "b.txt": PROGRAM, "c.zip": zip({ "d.js": text("x") }) })],
    ["Content-Type: text/plain", text("begin 644 run.exe\n#0V%T\n`\nend\n")],
    ["winmail.dat", winmail],
    ["e.rar", rar],
  );
  const edits = fc.array(fc.tuple(fc.nat({ max: octets.length - 1 }), fc.nat({ max: 255 })), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(edits, fc.integer({ min: 1, max: 2_000 }), async (changes, size) => {
      const broken = Buffer.from(octets);
      for (const [at, octet] of changes) broken[at] = octet;
      expect((await checkAttachments(inPieces(broken, size))).check).toBe("attachments");
    }),
    { numRuns: 500 },
  );
});

/** A tar archive of these files: name, content, type. */
function tarOf(files: readonly (readonly [string, Uint8Array, string])[]): Uint8Array {
  const blocks = files.flatMap(([name, content, type]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write(content.length.toString(8).padStart(11, "0"), 124);
    header.write(type, 156);
    header.write("ustar\0", 257);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1_024)]);
}
