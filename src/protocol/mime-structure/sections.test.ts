import { describe, expect, test } from "vitest";
import { indexMessage } from "./indexer.ts";
import type { MimeIndex } from "./mime-index.ts";
import { partByPath, sectionRange } from "./sections.ts";
import type { SectionText } from "./sections.ts";

/** The message whose part numbers RFC 9051 §6.4.5.1 (RFC 3501 §6.4.5) lists. */
const MESSAGE = [
  "Subject: outer",
  "Content-Type: multipart/mixed; boundary=m0",
  "",
  "--m0",
  "Content-Type: text/plain",
  "",
  "1",
  "--m0",
  "Content-Type: application/octet-stream",
  "",
  "2",
  "--m0",
  "Content-Type: message/rfc822",
  "",
  "Subject: three",
  "Content-Type: multipart/mixed; boundary=m3",
  "",
  "--m3",
  "Content-Type: text/plain",
  "",
  "3.1",
  "--m3",
  "Content-Type: application/octet-stream",
  "",
  "3.2",
  "--m3--",
  "--m0",
  "Content-Type: multipart/mixed; boundary=m4",
  "",
  "--m4",
  "Content-Type: image/gif",
  "",
  "4.1",
  "--m4",
  "Content-Type: message/rfc822",
  "",
  "Subject: four-two",
  "Content-Type: multipart/mixed; boundary=m42",
  "",
  "--m42",
  "Content-Type: text/plain",
  "",
  "4.2.1",
  "--m42",
  "Content-Type: multipart/alternative; boundary=m422",
  "",
  "--m422",
  "Content-Type: text/plain",
  "",
  "4.2.2.1",
  "--m422",
  "Content-Type: text/richtext",
  "",
  "4.2.2.2",
  "--m422--",
  "--m42--",
  "--m4--",
  "--m0--",
  "",
].join("\r\n");

const of = (message: string): MimeIndex => indexMessage(new TextEncoder().encode(message));
const path = (dotted: string): number[] => (dotted === "" ? [] : dotted.split(".").map(Number));

function section(message: string, dotted: string, text: SectionText = null): string | null {
  const range = sectionRange(of(message), path(dotted), text);
  return range === null ? null : message.slice(range.start, range.end);
}

describe("RFC 9051 §6.4.5.1", () => {
  test.each([
    ["1", "text/plain"],
    ["2", "application/octet-stream"],
    ["3", "message/rfc822"],
    ["3.1", "text/plain"],
    ["3.2", "application/octet-stream"],
    ["4", "multipart/mixed"],
    ["4.1", "image/gif"],
    ["4.2", "message/rfc822"],
    ["4.2.1", "text/plain"],
    ["4.2.2", "multipart/alternative"],
    ["4.2.2.1", "text/plain"],
    ["4.2.2.2", "text/richtext"],
  ])("part %s is %s", (dotted, type) => {
    const part = partByPath(of(MESSAGE), path(dotted));
    expect(`${part?.type ?? ""}/${part?.sub ?? ""}`).toBe(type);
    const isLeaf = part?.parts === undefined && part?.msg === undefined;
    expect(isLeaf ? section(MESSAGE, dotted) : dotted).toBe(dotted);
  });

  test.each(["0", "5", "1.1", "3.3", "3.0", "4.2.2.3", "4.1.1"])("there is no part %s", (dotted) => {
    expect(partByPath(of(MESSAGE), path(dotted))).toBeNull();
    expect(section(MESSAGE, dotted)).toBeNull();
  });

  test("HEADER and TEXT are those of a message, MIME that of a part", () => {
    expect(section(MESSAGE, "", "HEADER")).toBe(MESSAGE.slice(0, MESSAGE.indexOf("--m0")));
    expect(section(MESSAGE, "", "TEXT")).toBe(MESSAGE.slice(MESSAGE.indexOf("--m0")));
    expect(section(MESSAGE, "")).toBe(MESSAGE);
    expect(section(MESSAGE, "", "MIME")).toBeNull();
    expect(section(MESSAGE, "3", "MIME")).toBe("Content-Type: message/rfc822\r\n\r\n");
    expect(section(MESSAGE, "3", "HEADER")).toBe(
      "Subject: three\r\nContent-Type: multipart/mixed; boundary=m3\r\n\r\n",
    );
    expect(section(MESSAGE, "3", "TEXT")).toMatch(/^--m3\r\n[^]*--m3--$/);
    expect(section(MESSAGE, "3")).toBe(`${section(MESSAGE, "3", "HEADER")}${section(MESSAGE, "3", "TEXT")}`);
    expect(section(MESSAGE, "4.2", "HEADER")).toMatch(/^Subject: four-two\r\n/);
    expect(section(MESSAGE, "4.2.2.1", "MIME")).toBe("Content-Type: text/plain\r\n\r\n");
    expect(section(MESSAGE, "1", "HEADER")).toBeNull();
    expect(section(MESSAGE, "4", "TEXT")).toBeNull();
  });
});

describe("a message that is no multipart has one part", () => {
  const plain = "Subject: x\r\n\r\nbody";
  test("its number is 1", () => {
    expect(section(plain, "1")).toBe("body");
    expect(section(plain, "1", "MIME")).toBe("Subject: x\r\n\r\n");
    expect(section(plain, "2")).toBeNull();
    expect(section(plain, "1.1")).toBeNull();
  });

  const forwarded = `Content-Type: message/rfc822\r\n\r\n${plain}`;
  test("also inside a message", () => {
    expect(section(forwarded, "1")).toBe(plain);
    expect(section(forwarded, "1", "TEXT")).toBe("body");
    expect(section(forwarded, "1.1")).toBe("body");
    expect(section(forwarded, "1.1", "MIME")).toBe("Subject: x\r\n\r\n");
    expect(section(forwarded, "1.1.1")).toBeNull();
  });
});
