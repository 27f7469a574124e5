import fc from "fast-check";
import { expect, test } from "vitest";
import {
  encodeXtext,
  HOLD_SECONDS_MAX,
  type OfferedToMail,
  parseHeloName,
  parseMailFrom,
  parseRcptTo,
  parseReply,
  printReceived,
  printReply,
  protocolOf,
  readMailOptions,
  readRcptOptions,
  reply,
  splitCommand,
} from "./index.ts";
import { parseInternetTime } from "./future-release.ts";
import { decodeXtext } from "./parameters.ts";

const address = (args: string): string | null => {
  const parsed = parseMailFrom(args);
  return parsed.ok ? parsed.value.path.address : null;
};

test("parseMailFrom never throws and its offset stays inside the input", () => {
  fc.assert(
    fc.property(fc.string(), (rest) => {
      const parsed = parseMailFrom(`FROM:<a@b.test>${rest}`);
      expect(parsed.ok || (parsed.at >= 0 && parsed.at <= rest.length + 16)).toBe(true);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (args) => {
      for (const parsed of [parseMailFrom(args), parseRcptTo(args), parseMailFrom(`FROM:<${args}>`)])
        expect(parsed.ok || (parsed.at >= 0 && parsed.at <= args.length + 10)).toBe(true);
    }),
  );
});

test.each([
  ["FROM:<>", ""],
  ["from:<a@b.test>", "a@b.test"],
  ["FROM: <a@b.test>", "a@b.test"],
  ["FROM:<@relay.test,@other.test:a@b.test>", "a@b.test"],
  ['FROM:<"a b>c"@b.test>', '"a b>c"@b.test'],
  ['FROM:<"a@b"@b.test>', '"a@b"@b.test'],
  ["FROM:<a..b.@b.test>", "a..b.@b.test"],
  ["FROM:<a@my_host.test>", "a@my_host.test"],
  ["FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]"],
  ["FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"],
  ["FROM:<νίκος@παράδειγμα.test>", "νίκος@παράδειγμα.test"],
  ["FROM:a@b.test", null],
  ["FROM:<a@b.test", null],
  ["FROM:<a b@b.test>", null],
  ["FROM:<a@>", null],
  ["FROM:<@b.test>", null],
  ["FROM:<a@b..test>", null],
  ["FROM:<a>", null],
  ["FROM:<postmaster>", null],
  ["FROM:<<a@b.test>>", null],
  ["FROM:<a\0@b.test>", null],
  ["TO:<a@b.test>", null],
  [`FROM:<${"a".repeat(250)}@b.test>`, null],
])("%s", (args, expected) => {
  expect(address(args)).toBe(expected);
});

test("RCPT takes postmaster without a domain, and no null path", () => {
  expect(parseRcptTo("TO:<PostMaster>")).toMatchObject({ ok: true, value: { path: { domain: null } } });
  expect(parseRcptTo("TO:<>").ok).toBe(false);
  expect(parseRcptTo("TO:<a@B.Test> NOTIFY=NEVER")).toMatchObject({
    ok: true,
    value: { path: { address: "a@B.Test", domain: "b.test", needsUtf8: false } },
  });
});

/** 2026-11-22T12:00:00Z */
const NOW = 1_795_348_800_000;
const ALL_OFFERED: OfferedToMail = { requireTls: true, hold: true, now: NOW };

const mailOptions = (args: string, offered: OfferedToMail = ALL_OFFERED) => {
  const parsed = parseMailFrom(`FROM:<a@b.test>${args}`);
  if (!parsed.ok) return "malformed";
  const read = readMailOptions(parsed.value.parameters, offered);
  return read.ok ? read.value : `${read.refusal.code} ${read.refusal.enhanced}`;
};

test("MAIL's parameters are understood or refused", () => {
  expect(mailOptions(" SIZE=100 BODY=8BITMIME SMTPUTF8 RET=hdrs ENVID=a+2Bb AUTH=<>")).toEqual({
    size: 100,
    smtpUtf8: true,
    ret: "HDRS",
    envid: "a+b",
    requireTls: false,
    holdUntil: null,
  });
  for (const wrong of [" SIZE=x", " SIZE", " BODY=BINARYMIME", " SMTPUTF8=1", " RET=ALL", " ENVID=+0D+0A"])
    expect(mailOptions(wrong)).toBe("501 5.5.4");
  expect(mailOptions(" WHATEVER=1")).toBe("555 5.5.4");
  expect(mailOptions(" SIZE=1 SIZE=2")).toBe("malformed");
});

test("REQUIRETLS is taken only where it is offered (RFC 8689)", () => {
  expect(mailOptions(" REQUIRETLS")).toMatchObject({ requireTls: true });
  expect(mailOptions(" requiretls=1")).toBe("501 5.5.4");
  expect(mailOptions(" REQUIRETLS", { ...ALL_OFFERED, requireTls: false })).toBe("530 5.7.10");
});

test.each([
  ["HOLDFOR=60", NOW + 60_000],
  ["HOLDFOR=0", NOW],
  [`HOLDFOR=${HOLD_SECONDS_MAX}`, NOW + HOLD_SECONDS_MAX * 1000],
  ["HOLDUNTIL=2026-11-22T13:00:00Z", NOW + 3_600_000],
  ["holduntil=2026-11-22t14:00:00.25+01:00", NOW + 3_600_000],
  ["HOLDUNTIL=2026-11-22T06:00:00-07:00", NOW + 3_600_000],
  // What should have left already leaves now.
  ["HOLDUNTIL=2001-01-01T00:00:00Z", NOW],
])("a message is held: %s (RFC 4865)", (parameter, holdUntil) => {
  expect(mailOptions(` ${parameter}`)).toMatchObject({ holdUntil });
});

test.each([
  "HOLDFOR",
  "HOLDFOR=-1",
  "HOLDFOR=1.5",
  "HOLDFOR=1234567890",
  "HOLDFOR=999999999",
  "HOLDUNTIL=tomorrow",
  "HOLDUNTIL=2026-02-29T00:00:00Z",
  "HOLDUNTIL=2026-11-22T24:00:00Z",
  "HOLDUNTIL=2026-11-22T12:00:00",
  "HOLDUNTIL=2036-11-22T12:00:00Z",
  "HOLDFOR=1 HOLDUNTIL=2026-11-22T13:00:00Z",
])("a hold that can't be: %s", (parameter) => {
  expect(mailOptions(` ${parameter}`)).toBe("501 5.5.4");
  expect(mailOptions(` ${parameter.split(" ")[0]}`, { ...ALL_OFFERED, hold: false })).toBe("555 5.5.4");
});

test("a moment in UTC is what the calendar says", () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), (date) => {
      const text = date.toISOString();
      // Years of more than four digits have a sign, and before 1900 there was no mail (RFC 5322 §3.3).
      const isMeant = /^\d/.test(text) && date.getUTCFullYear() >= 1900;
      expect(parseInternetTime(text)).toBe(isMeant ? Math.floor(date.getTime() / 1000) * 1000 : null);
    }),
  );
});

const read = (args: string) => {
  const parsed = parseRcptTo(`TO:<a@b.test>${args}`);
  return parsed.ok ? readRcptOptions(parsed.value.parameters) : parsed;
};

test("RCPT's parameters are understood or refused", () => {
  expect(read(" NOTIFY=SUCCESS,delay ORCPT=rfc822;a+2Bx@b.test")).toEqual({
    ok: true,
    value: { notify: ["SUCCESS", "DELAY"], orcpt: "rfc822;a+x@b.test" },
  });
  for (const wrong of [" NOTIFY=NEVER,SUCCESS", " NOTIFY=", " NOTIFY=x", " ORCPT=x"])
    expect(read(wrong).ok).toBe(false);
});

test("xtext goes there and back", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((c) => String.fromCharCode(c)) }),
      (text) => {
        expect(decodeXtext(encodeXtext(text))).toBe(text);
      },
    ),
  );
  expect(decodeXtext("a+0D+0A")).toBeNull();
  expect(decodeXtext("a=b")).toBeNull();
});

test("a reply goes there and back, and can't be split", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 4 }), (lines) => {
      const printed = printReply(reply(250, "2.0.0", ...lines));
      expect(printed.split("\r\n")).toHaveLength(lines.length + 1);
      expect(parseReply(printed.split("\r\n").slice(0, -1))).toMatchObject({
        ok: true,
        value: { code: 250, enhanced: "2.0.0" },
      });
    }),
  );
  expect(printReply(reply(550, "5.1.1", "no\r\n250 yes"))).toBe("550 5.1.1 no??250 yes\r\n");
  expect(parseReply(["250-a", "251 b"]).ok).toBe(false);
  expect(parseReply(["hello"]).ok).toBe(false);
  expect(parseReply(["550 no such user"])).toEqual({
    ok: true,
    value: { code: 550, enhanced: null, lines: ["no such user"] },
  });
});

test("the trace header names the peer, and nothing in it ends a line or a comment", () => {
  const trace = { byHost: "mx.test", protocol: "ESMTPS", id: "x1", forAddress: "a@b.test", at: 0 };
  expect(printReceived({ ...trace, from: { helo: "h.test", reverseName: "r.test", ip: "192.0.2.1" } })).toBe(
    "Received: from h.test (r.test [192.0.2.1])\r\n\tby mx.test with ESMTPS id x1\r\n\tfor <a@b.test>;\r\n\tThu, 1 Jan 1970 00:00:00 +0000\r\n",
  );
  expect(printReceived({ ...trace, from: null, forAddress: null })).toBe(
    "Received: by mx.test with ESMTPS id x1;\r\n\tThu, 1 Jan 1970 00:00:00 +0000\r\n",
  );
  const hostile = printReceived({
    ...trace,
    from: { helo: "a;(b)\\", reverseName: null, ip: "2001:db8::1" },
  });
  expect(hostile).toContain("from a??b?? (unknown [IPv6:2001:db8::1])");
  expect(protocolOf({ extended: true, secure: true, authenticated: true, utf8: true })).toBe("UTF8SMTPSA");
  expect(protocolOf({ extended: false, secure: false, authenticated: false, utf8: false })).toBe("SMTP");
});

test("command lines are split, and a name that would spoil a header is refused", () => {
  expect(splitCommand("mail FROM:<a@b.test>  ")).toEqual({ verb: "MAIL", args: "FROM:<a@b.test>" });
  expect(splitCommand("")).toEqual({ verb: "", args: "" });
  expect(parseHeloName("[192.0.2.1]")).toBe("[192.0.2.1]");
  expect(parseHeloName("a b")).toBeNull();
  expect(parseHeloName("")).toBeNull();
});
