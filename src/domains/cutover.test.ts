import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StoredCutover } from "./cutover.store.ts";
import { decideCutover } from "./look-at-cutover.ts";
import { parseOldServer } from "./old-server.ts";
import { readSample } from "./read-sample.ts";

const NOW = 1.7e12;
const DAY_MS = 86_400_000;
const move = (more: Partial<StoredCutover>): StoredCutover => ({
  domain: "agency.example",
  state: "planned",
  mode: "off",
  oldServer: "mail.old.example:25",
  oldAddresses: [],
  returnDomain: "agency.hosted.example",
  plannedSpf: null,
  plannedAt: 1,
  shadowAt: null,
  switchedAt: null,
  doneAt: null,
  backAt: null,
  rollbackUntil: null,
  remindedAt: null,
  before: [],
  now: [],
  lookedAt: null,
  report: null,
  reportMadeAt: null,
  ...more,
});

describe("what follows from where the mail goes", () => {
  test("the MX leads here: it is switched, and there are 14 days to go back", () => {
    for (const state of ["planned", "shadow"] as const)
      expect(decideCutover(move({ state }), true, NOW)).toMatchObject({
        state: "switched",
        switchedAt: NOW,
        rollbackUntil: NOW + 14 * DAY_MS,
      });
  });

  test("it leads away again: the move goes on from where it was", () => {
    const switched = { state: "switched", switchedAt: 1, rollbackUntil: 2, remindedAt: 1 } as const;
    expect(decideCutover(move({ ...switched, mode: "both" }), false, NOW)).toMatchObject({
      state: "shadow",
      rollbackUntil: null,
      remindedAt: null,
    });
    expect(decideCutover(move(switched), false, NOW).state).toBe("planned");
  });

  test("taken back: both sides have the mail until it does not come here any more", () => {
    const back = move({ state: "back", mode: "both" });
    expect(decideCutover(back, true, NOW)).toBe(back);
    expect(decideCutover(back, false, NOW).mode).toBe("off");
  });

  test("no MX, or nothing new, changes nothing; what is done stays done", () => {
    for (const state of ["planned", "shadow", "switched", "back", "done"] as const) {
      const one = move({ state });
      expect(decideCutover(one, null, NOW)).toBe(one);
    }
    for (const isHere of [true, false]) {
      const done = move({ state: "done" });
      expect(decideCutover(done, isHere, NOW)).toBe(done);
    }
  });
});

describe("the old server", () => {
  test.for([
    ["mail.old.example", "mail.old.example:25"],
    ["MAIL.old.example.:587", "mail.old.example:587"],
    ["198.51.100.7", "198.51.100.7:25"],
    ["[2001:db8::7]:25", "[2001:db8::7]:25"],
  ])("%s", ([text = "", expected]) => {
    expect(parseOldServer(text, [], false)?.text).toBe(expected);
  });

  test.for([
    "",
    "old",
    "mail.old.example:22",
    "mail.old.example:0",
    "10.0.0.1",
    "127.0.0.1",
    "[::1]",
    "169.254.169.254",
    "[fd00::1]",
    "2001:db8::7",
    "ours.example",
    "a b.example",
    "http://x.example",
  ])("«%s» is none", (text) => {
    expect(parseOldServer(text, ["ours.example"], false)).toBeNull();
  });

  test("tests and operators may name hosts inside, at any port", () => {
    expect(parseOldServer("127.0.0.1:2525", [], true)).toMatchObject({ host: "127.0.0.1", port: 2525 });
  });
});

const octets = (text: string): Uint8Array => new TextEncoder().encode(text.replaceAll("\n", "\r\n"));
const read = (text: string, skip: readonly string[] = []) =>
  readSample(octets(text), "agency.example", new Set(skip), NOW);

describe("a sample", () => {
  test("came from the first server outside, as whoever received it says", () => {
    const text = `Return-Path: <bounces+1@agency.example>
Authentication-Results: mx.receiver.example; dkim=pass header.d=agency.example; dkim=fail header.d=list.example;
\tspf=pass smtp.mailfrom=agency.example
Received: from mx.receiver.example (mx.receiver.example [10.1.1.1]) by store.receiver.example; Sun, 22 Nov 2026 10:00:02 +0000
Received: from out.list.example (out.list.example [IPv6:2001:DB8::25])
\tby mx.receiver.example (Postfix) with ESMTPS; Sun, 22 Nov 2026 10:00:00 +0000
Received: from laptop (unknown [203.0.113.9]) by out.list.example; Sun, 22 Nov 2026 09:59:00 +0000
DKIM-Signature: v=1; a=rsa-sha256; d=list.example; s=x; b=y
From: "News, of the agency" <news@agency.example>

Hello.
`;
    expect(read(text)).toEqual({
      ok: true,
      row: {
        ip: "2001:db8::25",
        host: "out.list.example",
        mailFrom: "agency.example",
        signedBy: ["agency.example"],
        at: Date.parse("2026-11-22T10:00:00Z"),
      },
    });
    // A server that only passed it on is none of the senders.
    expect(read(text, ["2001:db8::25"])).toMatchObject({ ok: true, row: { ip: "203.0.113.9" } });
  });

  test("without a word of the receiver, its signatures count as they stand", () => {
    const text = `Received: from x (x [198.51.100.1]) by y; never
DKIM-Signature: v=1; d=Mail.Agency.Example; b=y
From: a@sub.agency.example

`;
    expect(read(text)).toMatchObject({
      ok: true,
      row: { signedBy: ["mail.agency.example"], mailFrom: "", host: "", at: NOW },
    });
  });

  test("of somebody who had signed in says nothing about servers", () => {
    for (const how of ["with ESMTPSA id 1", "(Authenticated sender: a@agency.example) with ESMTP id 1"])
      expect(
        read(`Received: from laptop (unknown [203.0.113.9]) by mail.agency.example ${how}; Sun, 22 Nov 2026 10:00:00 +0000
From: a@agency.example

`),
      ).toEqual({ ok: false, why: "no_source" });
  });

  test("that is none says why, and no octets are too strange", () => {
    expect(read("From: a@other.example\n\n")).toEqual({ ok: false, why: "not_from_domain" });
    expect(read("From: a@evilagency.example\n\n")).toEqual({ ok: false, why: "not_from_domain" });
    expect(read("From: a@agency.example\nReceived: from x ([192.168.1.1]) by y; z\n\n")).toEqual({
      ok: false,
      why: "no_source",
    });
    expect(read("")).toEqual({ ok: false, why: "malformed" });
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void readSample(bytes, "x.example", new Set(), NOW)));
  });
});
