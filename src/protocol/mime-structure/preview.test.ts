import { describe, expect, test } from "vitest";
import { htmlToText } from "./html-text.ts";
import { indexMessage } from "./indexer.ts";

const previewOf = (...lines: string[]): string =>
  indexMessage(new TextEncoder().encode(lines.join("\r\n"))).preview;
const html = (text: string): string => previewOf("Content-Type: text/html; charset=utf-8", "", text);

const part = (...lines: string[]): string => ["--b", ...lines, ""].join("\r\n");
const mixed = (...parts: string[]): string =>
  previewOf("Content-Type: multipart/mixed; boundary=b", "", "preamble", ...parts, "--b--", "epilogue");
const alternative = (plain: string): string =>
  previewOf(
    "Content-Type: multipart/alternative; boundary=b",
    "",
    part("", plain),
    part("Content-Type: text/html", "", "<p>html</p>"),
    "--b--",
  );

describe("the preview", () => {
  test("is the text with its white space collapsed", () => {
    expect(previewOf("Subject: x", "", "  Hello,", "", "\tworld\u00A0 \u200B!  ", "")).toBe("Hello, world !");
  });

  test("is decoded", () => {
    expect(
      previewOf(
        "Content-Type: text/plain; charset=iso-8859-7",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "=EA=E1=EB=FC =",
        "=EA=E1=EB=FC",
      ),
    ).toBe("καλό καλό");
    expect(
      previewOf(
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "",
        "zrHOsg==",
      ),
    ).toBe("αβ");
  });

  test("has at most 256 characters, and no half of one", () => {
    expect(previewOf("", "word ".repeat(200))).toHaveLength(256);
    expect(previewOf("Content-Type: text/plain; charset=utf-8", "", `a${"😀".repeat(2000)}`)).toBe(
      `a${"😀".repeat(127)}`,
    );
  });

  test("is the HTML's if there is no plain text", () => {
    const style = `<head><style>${"p { color: red } ".repeat(300)}</style></head>`;
    expect(
      html(`<html>${style}<body><p>One<b>two</b></p><p>three</p><script>x()</script> &lt;4&#8364;</body>`),
    ).toBe("Onetwo three <4€");
  });

  test("is not that of a file, of a message inside, or of the preamble", () => {
    const text = part("", "text");
    expect(mixed(part("Content-Disposition: attachment", "", "file"), text)).toBe("text");
    expect(mixed(part("Content-Type: message/rfc822", "", "Subject: x", "", "inner"), text)).toBe("text");
    expect(mixed(part("Content-Type: text/html", "", "<p>html</p>"), part("", "footer"))).toBe("html");
    expect(mixed(part("Content-Type: image/png", "", "x"))).toBe("");
  });

  test("is the plain text of an alternative, or the HTML if that is empty", () => {
    expect(alternative("plain")).toBe("plain");
    expect(alternative(" ")).toBe("html");
  });

  test("of a multipart that has no parts is what stands there", () => {
    expect(previewOf("Content-Type: multipart/mixed; boundary=b", "", "some text")).toBe("some text");
  });

  test("of a message without header is its beginning", () => {
    const message = new TextEncoder().encode("Hello there\r\nyou two\r\n");
    expect(indexMessage(message).preview).toBe("Hello there you two");
  });

  test("keeps joiners inside words and drops those that only fill", () => {
    expect(
      previewOf(
        "Content-Type: text/plain; charset=utf-8",
        "",
        "می\u200Cخواهم 👨\u200D👩 \u200C\u00A0\u200C\u00A0",
      ),
    ).toBe("می\u200Cخواهم 👨\u200D👩");
  });
});

describe("htmlToText", () => {
  test.each([
    ["a<br>b<div>c</div>d", "a b c d"],
    ["<a href='x>y'>link</a> 1 < 2", "link 1 < 2"],
    ["<!-- <p>no</p> -->yes<!DOCTYPE html><?php no ?>", "yes  "],
    ["&amp;&Eacute;&unknown;&#x41;&#0;&#xD800;&", "&É&unknown;A\uFFFD\uFFFD&"],
    ["<title>no</title><STYLE>no</STYLE>yes", "  yes"],
    ["cut <a href=", "cut "],
    ["<style>open", ""],
  ])("%s", (source, expected) => {
    expect(htmlToText(source).replace(/ +/g, " ").trimStart()).toBe(expected.replace(/ +/g, " ").trimStart());
  });

  test("time grows with length only", () => {
    for (const piece of ["<", "<a ", "<!--", "<style>", "&", "&#", "<a b='", "</"]) {
      expect(htmlToText(piece.repeat(50_000)).length).toBeLessThanOrEqual(piece.length * 50_000);
    }
  });
});
