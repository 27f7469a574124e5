import { describe, expect, test } from "vitest";
import { isFailing, judgeSenders, type LookedSender } from "./judge-senders.ts";

const sender = (more: Partial<LookedSender>): LookedSender => ({
  ip: "192.0.2.1",
  host: "",
  messages: 10,
  firstAt: 1e12,
  lastAt: 2e12,
  signedBy: [],
  mailFrom: ["agency.example"],
  dkimAligned: 0,
  spfAligned: 0,
  from: "reports",
  reverse: null,
  spfNow: false,
  spfAfter: false,
  isOldServer: false,
  ...more,
});
const judge = (...list: readonly Partial<LookedSender>[]) => judgeSenders("agency.example", list.map(sender));

describe("what becomes of a sender's mail", () => {
  test.for([
    ["signed in the domain's name: nothing changes", { dkimAligned: 9 }, ["dkim", "dkim", "nothing"]],
    [
      "in the SPF record now and then",
      { spfAligned: 10, spfNow: true, spfAfter: true },
      ["spf", "spf", "nothing"],
    ],
    ["in the SPF record of today alone", { spfAligned: 10, spfNow: true }, ["spf", "fail", "keep_in_spf"]],
    ["few messages that nobody vouches for", {}, ["fail", "fail", "unknown"]],
    ["many of them", { messages: 500 }, ["fail", "fail", "sign"]],
    [
      "seen by somebody of the agency",
      { from: "samples", dkimAligned: null, spfAligned: null },
      ["fail", "fail", "sign"],
    ],
    ["the planned record lets it in", { spfAfter: true }, ["fail", "spf", "nothing"]],
    [
      "the server that the mail moves away from",
      { isOldServer: true, spfAligned: 10, spfNow: true },
      ["spf", "fail", "moves"],
    ],
    ["most of its mail is not signed", { dkimAligned: 2 }, ["fail", "fail", "unknown"]],
    [
      "a sample signed by a part of the domain",
      { from: "samples", dkimAligned: null, spfAligned: null, signedBy: ["news.agency.example"] },
      ["dkim", "dkim", "nothing"],
    ],
    [
      "a sample signed by somebody else",
      { from: "samples", dkimAligned: null, spfAligned: null, signedBy: ["notagency.example"] },
      ["fail", "fail", "sign"],
    ],
  ] as const)("%s", ([, more, expected]) => {
    const [one] = judge(more);
    expect([one?.now, one?.after, one?.advice]).toEqual(expected);
  });

  test("addresses of one provider are one line, with what its customers enter", () => {
    const [one, two] = judge(
      { ip: "198.51.100.1", reverse: "o1.sendgrid.net", messages: 30 },
      { ip: "198.51.100.2", reverse: "o2.sendgrid.net", messages: 40 },
      { ip: "2001:db8::1", messages: 21 },
    );
    expect(one).toMatchObject({
      name: "SendGrid",
      provider: "SendGrid",
      ips: ["198.51.100.2", "198.51.100.1"],
      messages: 70,
      hint: "include:sendgrid.net",
    });
    expect(two).toMatchObject({ name: "2001:db8::1", hint: "ip6:2001:db8::1" });
  });

  test("what passes is not put together with what does not, and what fails comes first", () => {
    const list = judge(
      { ip: "198.51.100.1", reverse: "a.sendgrid.net", dkimAligned: 10, messages: 10 },
      { ip: "198.51.100.2", reverse: "b.sendgrid.net", messages: 5 },
      { ip: "198.51.100.3", isOldServer: true, messages: 900 },
    );
    expect(list.map(({ ips, after, advice }) => [ips[0], after, advice])).toEqual([
      ["198.51.100.2", "fail", "unknown"],
      ["198.51.100.1", "dkim", "nothing"],
      ["198.51.100.3", "fail", "moves"],
    ]);
    expect(list.filter(isFailing)).toHaveLength(1);
  });
});
