import fc from "fast-check";
import { expect, test } from "vitest";
import { parseFeedbackReport } from "./parse-feedback-report.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text.replaceAll("\n", "\r\n"));

/** A report as RFC 5965 appendix B shows them, made anew. */
const report = (fields: string, third = "message/rfc822") => `From: <feedback@receiver.test>
To: <abuse@sender.test>
Subject: FW: Offers
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
 boundary="b1"

--b1
Content-Type: text/plain; charset="US-ASCII"

Somebody did not want this.

--b1
Content-Type: message/feedback-report

${fields}
--b1
Content-Type: ${third}

Received: from mail.sender.test by mx.receiver.test; Sat, 21 Nov 2026 10:00:00 +0000
From: "News" <news@sender.test>
To: <somebody@receiver.test>
Subject: Offers
Message-ID: <8787KJKJ3K4J3K4J3K4J3.mail@sender.test>
X-Ref: one
 two

Come and buy!
--b1--
`;
const FIELDS = `Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <bounce@sender.test>
Original-Rcpt-To: <somebody@receiver.test>
Original-Rcpt-To: rfc822; other@receiver.test
Reported-Domain: sender.test
`;

test("a report with all its fields", () => {
  const parsed = parseFeedbackReport(bytes(report(FIELDS)));
  if (!parsed.ok) throw new Error(parsed.expected);
  const { original, ...rest } = parsed.value;
  expect(rest).toEqual({
    feedbackType: "abuse",
    userAgent: "SomeGenerator/1.0",
    originalMailFrom: "bounce@sender.test",
    originalRcptTo: ["somebody@receiver.test", "other@receiver.test"],
  });
  expect(original).toMatchObject({
    messageId: "8787KJKJ3K4J3K4J3K4J3.mail@sender.test",
    from: ["news@sender.test"],
    to: ["somebody@receiver.test"],
  });
  expect(original?.field("X-Ref")).toBe("one two");
  expect(original?.field("absent")).toBeNull();
});

test("only the type is needed, and the original may be its header alone", () => {
  const parsed = parseFeedbackReport(bytes(report("Feedback-Type: Fraud\n", "text/rfc822-headers")));
  expect(parsed).toMatchObject({
    ok: true,
    value: {
      feedbackType: "fraud",
      originalMailFrom: null,
      originalRcptTo: [],
      original: { from: ["news@sender.test"] },
    },
  });
});

test.each([
  ["a plain message", "From: a@b.test\nSubject: abuse\n\nFeedback-Type: abuse\n"],
  [
    "a delivery notification",
    report(FIELDS)
      .replace("feedback-report;", "delivery-status;")
      .replace("message/feedback-report", "message/delivery-status"),
  ],
  ["a report without a type", report("User-Agent: x\n")],
  ["a type that is no word", report("Feedback-Type: <script>\n")],
])("%s is not one", (_, text) => {
  expect(parseFeedbackReport(bytes(text)).ok).toBe(false);
});

test("whatever comes: no exception, and nothing longer than its limits", () => {
  const good = report(FIELDS);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 2_000 }),
        // A good one with a piece of it replaced by anything.
        fc
          .tuple(fc.nat(good.length), fc.nat(200), fc.string({ unit: "binary", maxLength: 300 }))
          .map(([at, length, text]) => bytes(good.slice(0, at) + text + good.slice(at + length))),
      ),
      (message) => {
        const parsed = parseFeedbackReport(message);
        if (!parsed.ok) return parsed.at >= 0 && parsed.at <= message.length;
        const { feedbackType, originalRcptTo } = parsed.value;
        return /^[a-z0-9-]{1,40}$/.test(feedbackType) && originalRcptTo.length <= 100;
      },
    ),
    { numRuns: 500 },
  );
});

test("a long list of recipients is cut", () => {
  const many = "Feedback-Type: abuse\n" + "Original-Rcpt-To: <x@y.test>\n".repeat(500);
  expect(parseFeedbackReport(bytes(report(many)))).toMatchObject({ ok: true });
  const parsed = parseFeedbackReport(bytes(report(many)));
  expect(parsed.ok && parsed.value.originalRcptTo.length).toBe(100);
});
