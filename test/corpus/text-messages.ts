import { type CorpusMessage, header, latin1, octets, text, withCrlf } from "./message.ts";

/** Single-part text: character sets, right and wrong, transfer encodings, line ends, dots, long lines. */
export function textMessages(): readonly CorpusMessage[] {
  return [...plain(), ...charsets(), ...encodings(), ...lines()];
}

function plain(): readonly CorpusMessage[] {
  return [
    text("plain", `${header("A plain message")}One line.\nAnother.\n`),
    text("empty body with blank line", header("Nothing to say")),
    text("no body at all", "From: a@b.test\nSubject: header only\n"),
    text("no body, one blank line in the header's place", "\nFrom: this is body\n"),
    text("only blank lines", "\n\n\n\n"),
    text("one line without a colon", "this is not a header\n"),
    text("body without header", "\nJust a body, without any header.\n"),
    octets("empty message", Buffer.alloc(0)),
    octets("one line end", Buffer.from("\r\n")),
    octets("no line end at the end", Buffer.from(withCrlf(`${header("No line end")}last line`))),
    text("many blank lines at the end", `${header("Blank lines")}text\n\n\n\n\n`),
    text("only spaces in the body", `${header("Spaces")}   \n\t\n \n`),
    text("body begins like a header", `${header("Body like a header")}Subject: not a header\n\nmore\n`),
    text(
      "unix mailbox line first",
      `From grace@navy.test Tue Mar  3 09:15:00 2026\n${header("mbox")}From here\n>From\n`,
    ),
  ];
}

const type = (charset: string): string => `Content-Type: text/plain; charset=${charset}`;

function charsets(): readonly CorpusMessage[] {
  const mime = ["MIME-Version: 1.0", "Content-Transfer-Encoding: 8bit"];
  return [
    text("utf-8", `${header("utf-8", ...mime, type("utf-8"))}Καλημέρα κόσμε, grüß dich 🎉\n`),
    latin1("iso-8859-1", `${header("latin1", ...mime, type("iso-8859-1"))}caf\xe9 cr\xe8me\n`),
    latin1(
      "iso-8859-7 Greek",
      `${header("greek", ...mime, type("ISO-8859-7"))}\xca\xe1\xeb\xe7\xec\xdd\xf1\xe1\n`,
    ),
    latin1(
      "windows-1252 quotes",
      `${header("cp1252", ...mime, type("windows-1252"))}\x93smart\x94 \x80 100\n`,
    ),
    latin1("koi8-r", `${header("koi8", ...mime, type('"koi8-r"'))}\xf0\xd2\xc9\xd7\xc5\xd4\n`),
    latin1("shift_jis", `${header("sjis", ...mime, type("Shift_JIS"))}\x93\xfa\x96{\x8c\xea\n`),
    text("iso-2022-jp", `${header("jis", type("iso-2022-jp"))}\u001b$BF|K\\8l\u001b(B\n`),
    latin1("gb2312", `${header("gb", ...mime, type("gb2312"))}\xc4\xe3\xba\xc3\n`),
    latin1("says utf-8, is latin1", `${header("wrong", ...mime, type("utf-8"))}caf\xe9 \xff\xfe\n`),
    latin1("says us-ascii, is 8-bit", `${header("wrong", ...mime, type("us-ascii"))}na\xefve\n`),
    latin1(
      "no charset, 8-bit",
      `${header("none", "MIME-Version: 1.0", "Content-Type: text/plain")}\xe9\xe8\n`,
    ),
    latin1("no MIME at all, 8-bit", `${header("bare")}all octets: ${allOctets()}\n`),
    latin1("unknown charset", `${header("x", ...mime, type("x-martian"))}\xde\xad\n`),
    latin1("empty charset", `${header("x", ...mime, 'Content-Type: text/plain; charset=""')}\xbe\xef\n`),
    octets(
      "utf-16 with zero octets",
      Buffer.concat([
        Buffer.from(withCrlf(header("utf-16", ...mime, type("utf-16le")))),
        Buffer.from("κόσμε", "utf16le"),
        Buffer.from("\r\n"),
      ]),
    ),
    text("utf-7", `${header("utf-7", type("utf-7"))}+A5oDsQ-\n`),
  ];
}

/** Every octet but NUL, CR and LF. */
function allOctets(): string {
  return Array.from({ length: 255 }, (_, i) => i + 1)
    .filter((octet) => octet !== 0x0d && octet !== 0x0a)
    .map((octet) => String.fromCodePoint(octet))
    .join("");
}

function encodings(): readonly CorpusMessage[] {
  const utf8 = ["MIME-Version: 1.0", type("utf-8")];
  const encoding = (name: string): readonly string[] => [...utf8, `Content-Transfer-Encoding: ${name}`];
  return [
    text(
      "quoted-printable",
      `${header("qp", ...encoding("quoted-printable"))}soft=\n break =CE=BA=CF=8C=20\nend=3D\n`,
    ),
    text("quoted-printable, broken", `${header("qp", ...encoding("quoted-printable"))}=ZZ =4 = =c3\n=\n==\n`),
    text("base64", `${header("b64", ...encoding("base64"))}zrrPjM+DzrzOtQ==\n`),
    text("base64, broken", `${header("b64", ...encoding("base64"))}not*base64!\nzrrPj\n===\n`),
    text("unknown transfer encoding", `${header("x", ...encoding("x-uuencode"))}begin 644 a\n#0V%T\nend\n`),
    text("uuencoded in the text", `${header("uu")}begin 644 cat.txt\n#0V%T\n\`\nend\n`),
    text("binary announced", `${header("bin", ...encoding("binary"))}text after all\n`),
  ];
}

function lines(): readonly CorpusMessage[] {
  return [
    text("dots at line starts", `${header("dots")}.\n..\n...\n.hidden\n. \n.\n`),
    text("a dot first of all", ".Subject: dot\nFrom: a@b.test\n\n.\n"),
    text("a dot alone last", `${header("dot last")}text\n.\n`),
    text("lines of 998 and 999", `${header("998")}${"x".repeat(998)}\n${"y".repeat(999)}\n`),
    text("a line of 100,000", `${header("long")}${"long ".repeat(20_000)}\n`),
    text("a line of a million without a break", `${header("very long")}${"z".repeat(1_000_000)}`),
    text("a header field of 60,000", `${header("h", `X-Long: ${"w".repeat(60_000)}`)}body\n`),
    text("trailing white space", `${header("space")}two  \ntab\t\n-- \nsignature\n`),
    text("form feed and backspace", `${header("control")}page\fnext\b\v\u007f\n`),
    octets("NUL octets", Buffer.from(withCrlf(`${header("nul")}a\0b\0\0c\n\0\n`))),
    text("looks like the end of SMTP", `${header("smtp")}QUIT\nRSET\nMAIL FROM:<x@y.test>\n`),
    text("looks like IMAP", `${header("imap")}{12345}\n* BYE\n)\nt1 OK FETCH completed\n`),
  ];
}
