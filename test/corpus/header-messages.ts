import { type CorpusMessage, header, latin1, text } from "./message.ts";

/** Headers of every kind: encoded words, UTF-8, folding, groups, damage. */
export function headerMessages(): readonly CorpusMessage[] {
  return [...names(), ...addresses(), ...folding(), ...damaged()];
}

function names(): readonly CorpusMessage[] {
  return [
    text("encoded words", `${header("=?utf-8?B?zrrPjM+DzrzOtQ==?= =?iso-8859-1?q?caf=E9?=")}x\n`),
    text("encoded words that split a character", `${header("=?utf-8?B?zrrP?=\n =?utf-8?B?jM+D?=")}x\n`),
    text("encoded words, broken", `${header("=?utf-8?Q?=ZZ?= =?nope?B?%%%?= =?utf-8?X?y?=")}x\n`),
    text("subject in UTF-8", `${header("Ανακοίνωση 🎉")}x\n`),
    text(
      "addresses in UTF-8",
      "From: Ελένη <ελένη@παράδειγμα.test>\nTo: 用户@例子.test\nSubject: EAI\n\nx\n",
    ),
    text(
      "IDN in A-labels",
      "From: <info@xn--hxajbheg2az3al.test>\nTo: a@xn--fsqu00a.test\nSubject: IDN\n\nx\n",
    ),
    latin1("raw latin1 in the header", `${header("caf\xe9 \xff")}x\n`),
    text("quotes and backslashes in the subject", `${header('say "hi" \\ and \\"bye\\" (ok) {3}')}x\n`),
    text("literal in the subject", `${header("{10}+ * BYE")}x\n`),
    text(
      "parameters in pieces",
      `${header(
        "RFC 2231",
        "MIME-Version: 1.0",
        "Content-Type: application/octet-stream;\n name*0*=utf-8''%CE%BA%CF%8C;\n name*1=\"smos.txt\"",
        "Content-Disposition: attachment; filename*=utf-8'el'%CE%BA%CF%8C%CF%83%CE%BC%CE%B5.txt; size=4",
        "Content-Language: el, en",
        "Content-Location: http://a.test/b",
        "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==",
      )}data\n`,
    ),
  ];
}

function addresses(): readonly CorpusMessage[] {
  const many = Array.from({ length: 500 }, (_, i) => `"Person ${i}" <p${i}@people.test>`).join(",\n ");
  return [
    text(
      "group",
      "From: a@b.test\nTo: Undisclosed recipients:;\nCc: Team: x@y.test, Z <z@y.test>;, w@y.test\n\nx\n",
    ),
    text(
      "comments",
      "From: (the) grace(hopper)@navy(us).test (Grace (and) Co)\nTo: <@route.test:a@b.test>\n\nx\n",
    ),
    text(
      "quoted local part",
      'From: "a b\\"c"@d.test\nTo: "very.(),:;<>[]\\".VERY"@strange.test, a@[192.0.2.1]\n\nx\n',
    ),
    text("no From, no Date", "To: a@b.test\nSubject: who and when\n\nx\n"),
    text("two From fields", "From: a@b.test\nFrom: c@d.test\nSender: e@f.test\nReply-To: g@h.test\n\nx\n"),
    text("many addresses", `From: a@b.test\nTo: ${many}\nSubject: many\n\nx\n`),
    text("empty fields", "From:\nTo: \nSubject:\nCc: ,,,\nDate:\nMessage-ID:\n\nx\n"),
    text("broken addresses", 'From: no at sign\nTo: <unclosed@a.test, @b.test, c@, "open\nCc: ;:,<>\n\nx\n'),
  ];
}

function folding(): readonly CorpusMessage[] {
  const references = Array.from({ length: 300 }, (_, i) => `<m${i}@thread.test>`).join("\n ");
  return [
    text("folded subject", `${header("one\n two\n\tthree\n  four")}x\n`),
    text("folded with a line of blanks", `${header("one\n \n two")}x\n`),
    text(
      "300 references",
      `${header("refs", "Message-ID: <last@thread.test>", `References: ${references}`)}x\n`,
    ),
    text(
      "2,000 header fields",
      `${header("many", ...Array.from({ length: 2_000 }, (_, i) => `X-F${i}: ${i}`))}x\n`,
    ),
    text(
      "received trail",
      `Received: from a by b; Tue, 3 Mar 2026 09:15:00 +0200\nReturn-Path: <old@b.test>\n${header("trail")}x\n`,
    ),
    text(
      "resent",
      `Resent-From: r@s.test\nResent-Date: Wed, 4 Mar 2026 10:00:00 GMT\n${header("resent")}x\n`,
    ),
  ];
}

function damaged(): readonly CorpusMessage[] {
  return [
    text("field without a colon inside", "From: a@b.test\nthis is junk\nSubject: after junk\n\nx\n"),
    text("space before the colon", "From : a@b.test\nSubject \t: spaced\n\nx\n"),
    text("begins with a folded line", " folded before anything\nFrom: a@b.test\n\nx\n"),
    text("field names in odd case", "fRoM: a@b.test\nSUBJECT: shout\ncontent-TYPE: TEXT/HTML\n\n<p>x</p>\n"),
    text("odd dates", "From: a@b.test\nDate: yesterday, or so\nSubject: date\n\nx\n"),
    text("date of another age", "From: a@b.test\nDate: Fri, 31 Feb 99999 25:61:61 -9999\n\nx\n"),
    text(
      "broken content type",
      `${header("type", "Content-Type: text; charset; =x; boundary=", "Content-Transfer-Encoding:")}x\n`,
    ),
    text("control octets in a field", `${header("bell \u0007 escape \u001b[31m")}x\n`),
    text("long message id", `${header("id", `Message-ID: <${"i".repeat(3_000)}@x.test>`)}x\n`),
  ];
}
