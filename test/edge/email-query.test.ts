import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let alice: Person;
/** name → id */
const ids: Record<string, string> = {};
const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);

beforeAll(async () => {
  edge = await startEdge();
  alice = await edge.person((await edge.tenant()).domain);
  const put = async (name: string, header: string, body: string, keywords: string[] = []): Promise<void> => {
    const receivedAt = START + Object.keys(ids).length * DAY;
    ids[name] = await alice.deliver(`${header}\n\n${body}\n`, { keywords, receivedAt });
  };
  await put(
    "budget",
    "Message-ID: <b@x>\nFrom: Zoë <zoe@x.test>\nTo: list@x.test\nCc: Boss <boss@x.test>\nSubject: Budget 2026\nX-Project: Alpha",
    "The numbers are in.",
    ["$seen"],
  );
  await put(
    "reply",
    "Message-ID: <c@x>\nIn-Reply-To: <b@x>\nFrom: adam@x.test\nTo: zoe@x.test\nSubject: Re: Budget 2026",
    "Thanks a lot.",
    ["$flagged"],
  );
  await put(
    "picnic",
    "Message-ID: <d@x>\nFrom: Ben <ben@x.test>\nTo: all@x.test\nBcc: hidden@x.test\nSubject: Picnic",
    `Bring ${"cake ".repeat(200)}`,
    ["$seen", "fun"],
  );
  await put(
    "file",
    "Message-ID: <e@x>\nFrom: carl@x.test\nTo: you@x.test\nSubject: A file\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b",
    '--b\n\nHere <b>it</b> is\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename="r.pdf"\n\nx\n--b--',
  );
  await alice.call("Email/set", {
    update: { [ids["picnic"] ?? ""]: { mailboxIds: { [await alice.mailbox("archive")]: true } } },
  });
});
afterAll(() => edge[Symbol.asyncDispose]());

const names = (list: readonly string[]): (string | undefined)[] =>
  list.map((id) => Object.keys(ids).find((name) => ids[name] === id));
const query = async (args: Record<string, unknown>): Promise<(string | undefined)[]> =>
  names((await alice.call("Email/query", args))["ids"]);

test.each<[string, Record<string, unknown> | null, string[]]>([
  ["nothing", null, ["file", "picnic", "reply", "budget"]],
  ["before", { before: "2026-01-03T00:00:00Z" }, ["reply", "budget"]],
  ["after (inclusive)", { after: "2026-01-03T00:00:00Z" }, ["file", "picnic"]],
  ["minSize", { minSize: 500 }, ["picnic"]],
  ["maxSize", { maxSize: 500 }, ["file", "reply", "budget"]],
  ["hasKeyword", { hasKeyword: "$Seen" }, ["picnic", "budget"]],
  ["a keyword of one's own", { hasKeyword: "FUN" }, ["picnic"]],
  ["notKeyword", { notKeyword: "$seen" }, ["file", "reply"]],
  ["allInThreadHaveKeyword", { allInThreadHaveKeyword: "$seen" }, ["picnic"]],
  ["someInThreadHaveKeyword", { someInThreadHaveKeyword: "$flagged" }, ["reply", "budget"]],
  ["noneInThreadHaveKeyword", { noneInThreadHaveKeyword: "$seen" }, ["file"]],
  ["hasAttachment", { hasAttachment: true }, ["file"]],
  ["from, in any letter case", { from: "ZOË" }, ["budget"]],
  ["to", { to: "zoe@x.test" }, ["reply"]],
  ["cc", { cc: "boss" }, ["budget"]],
  ["bcc", { bcc: "hidden" }, ["picnic"]],
  ["subject, two words", { subject: "2026 budget" }, ["reply", "budget"]],
  ["subject, a phrase", { subject: '"2026 budget"' }, []],
  ["text", { text: "numbers" }, ["budget"]],
  ["text with a wildcard of SQL", { text: "%" }, []],
  ["body, beyond the preview", { body: "cake cake" }, ["picnic"]],
  ["body, across a tag", { body: "here it is" }, []],
  ["header", { header: ["x-project"] }, ["budget"]],
  ["header with a value", { header: ["Subject", "re:"] }, ["reply"]],
  ["several conditions at once", { hasKeyword: "$seen", body: "cake", minSize: 10 }, ["picnic"]],
  ["AND", { operator: "AND", conditions: [{ hasKeyword: "$seen" }, { from: "ben" }] }, ["picnic"]],
  ["OR", { operator: "OR", conditions: [{ from: "ben" }, { from: "carl" }] }, ["file", "picnic"]],
  ["NOT", { operator: "NOT", conditions: [{ from: "ben" }, { from: "carl" }] }, ["reply", "budget"]],
  [
    "NOT of what is looked up in the messages",
    { operator: "NOT", conditions: [{ cc: "boss" }] },
    ["file", "picnic", "reply"],
  ],
  [
    "nested",
    {
      operator: "AND",
      conditions: [
        { operator: "OR", conditions: [{ from: "ben" }, { text: "Thanks" }] },
        { notKeyword: "fun" },
      ],
    },
    ["reply"],
  ],
  ["a mailbox that there isn't", { inMailbox: "mnothing" }, []],
])("filter: %s", async (_what, filter, expected) => {
  expect(await query({ filter })).toEqual(expected);
});

test("filter: by mailbox", async () => {
  const [inbox, archive] = [await alice.mailbox("inbox"), await alice.mailbox("archive")];
  expect(await query({ filter: { inMailbox: archive } })).toEqual(["picnic"]);
  expect(await query({ filter: { inMailboxOtherThan: [archive] } })).toEqual(["file", "reply", "budget"]);
  expect(await query({ filter: { inMailbox: inbox, hasKeyword: "$seen" } })).toEqual(["budget"]);
});

test.each<[string, Record<string, unknown>[], string[]]>([
  ["receivedAt", [{ property: "receivedAt" }], ["budget", "reply", "picnic", "file"]],
  ["subject, down", [{ property: "subject", isAscending: false }], ["reply", "picnic", "budget", "file"]],
  ["from", [{ property: "from" }], ["reply", "picnic", "file", "budget"]],
  ["size, down", [{ property: "size", isAscending: false }], ["picnic", "file", "budget", "reply"]],
  [
    "a keyword, then the date",
    [{ property: "hasKeyword", keyword: "$seen", isAscending: false }, { property: "receivedAt" }],
    ["budget", "picnic", "reply", "file"],
  ],
])("sort: %s", async (_what, sort, expected) => {
  expect(await query({ sort })).toEqual(expected);
});

test("threads are collapsed to their first message, and counted so", async () => {
  const reply = await alice.call("Email/query", { collapseThreads: true, calculateTotal: true });
  expect(names(reply["ids"])).toEqual(["file", "picnic", "reply"]);
  expect(reply["total"]).toBe(3);
  expect((await alice.call("Email/query", { calculateTotal: true }))["total"]).toBe(4);
});

test("position, limit and anchor", async () => {
  const page = async (args: Record<string, unknown>): Promise<[number, (string | undefined)[]]> => {
    const reply = await alice.call("Email/query", args);
    return [reply["position"], names(reply["ids"])];
  };
  expect(await page({ position: 1, limit: 2 })).toEqual([1, ["picnic", "reply"]]);
  expect(await page({ position: -1 })).toEqual([3, ["budget"]]);
  expect(await page({ position: -100, limit: 1 })).toEqual([0, ["file"]]);
  expect(await page({ position: 50 })).toEqual([50, []]);
  expect(await page({ limit: 0 })).toEqual([0, []]);
  expect(await page({ anchor: ids["reply"], limit: 1 })).toEqual([2, ["reply"]]);
  expect(await page({ anchor: ids["reply"], anchorOffset: -1, limit: 2 })).toEqual([1, ["picnic", "reply"]]);
  expect(await page({ anchor: ids["reply"], anchorOffset: -10, limit: 1 })).toEqual([0, ["file"]]);
  expect(await alice.refused("Email/query", { anchor: "enothing" })).toBe("anchorNotFound");
});

test.each<[string, Record<string, unknown>, string]>([
  ["an unknown condition", { filter: { color: "red" } }, "unsupportedFilter"],
  ["a condition of the wrong type", { filter: { minSize: "big" } }, "invalidArguments"],
  ["a date in another zone", { filter: { before: "2026-01-03T00:00:00+02:00" } }, "invalidArguments"],
  ["an unknown operator", { filter: { operator: "XOR", conditions: [{}] } }, "invalidArguments"],
  ["an unknown sort", { sort: [{ property: "color" }] }, "unsupportedSort"],
  ["a collation", { sort: [{ property: "subject", collation: "i;unicode-casemap" }] }, "unsupportedSort"],
  ["hasKeyword without a keyword", { sort: [{ property: "hasKeyword" }] }, "invalidArguments"],
  ["a negative limit", { limit: -1 }, "invalidArguments"],
])("%s is refused", async (_what, args, type) => {
  expect(await alice.refused("Email/query", args)).toBe(type);
});

test("snippets mark what was found", async () => {
  const { list, notFound } = await alice.call("SearchSnippet/get", {
    filter: { operator: "AND", conditions: [{ subject: "budget" }, { text: "numbers" }] },
    emailIds: [ids["budget"], "enothing"],
  });
  expect(list).toEqual([
    {
      emailId: ids["budget"],
      subject: "<mark>Budget</mark> 2026",
      preview: "The <mark>numbers</mark> are in.",
    },
  ]);
  expect(notFound).toEqual(["enothing"]);
});

const raw = (n: number, refers = 0): string =>
  `Message-ID: <q${n}@x>\n${refers > 0 ? `References: <q${refers}@x>\n` : ""}Subject: ${n}\n\n${n}\n`;

test("queryChanges: a list that is changed as it says is the list that a new query gives", async () => {
  const person = await edge.person(alice.address.split("@")[1] ?? "");
  const inbox = await person.mailbox("inbox");
  const archive = await person.mailbox("archive");
  const made: string[] = [];
  for (let n = 1; n <= 6; n++)
    made.push(await person.deliver(raw(n, n === 4 ? 2 : 0), { receivedAt: START + n * DAY }));
  const queries = [
    { filter: { inMailbox: inbox }, collapseThreads: true },
    { filter: { inMailbox: inbox }, collapseThreads: false },
    { filter: { notKeyword: "$seen" }, sort: [{ property: "subject" }] },
    { filter: { noneInThreadHaveKeyword: "$seen" }, collapseThreads: true },
  ];
  const before = await Promise.all(queries.map((one) => person.call("Email/query", one)));
  await person.deliver(raw(7, 3), { receivedAt: START + 7 * DAY });
  await person.call("Email/set", {
    update: {
      [made[0] ?? ""]: { "keywords/$seen": true },
      [made[3] ?? ""]: { mailboxIds: { [archive]: true } },
    },
    destroy: [made[4]],
  });
  for (const [i, one] of queries.entries()) {
    const changes = await person.call("Email/queryChanges", {
      ...one,
      sinceQueryState: before[i]?.["queryState"],
      calculateTotal: true,
    });
    // RFC 8620 §5.6: take out what is removed, then put in what is added, lowest index first.
    const removed = new Set(changes["removed"]);
    const list = (before[i]?.["ids"] ?? []).filter((id: string) => !removed.has(id));
    for (const { id, index } of changes["added"]) list.splice(index, 0, id);
    const now = await person.call("Email/query", { ...one, calculateTotal: true });
    expect(list).toEqual(now["ids"]);
    expect(changes["total"]).toBe(now["total"]);
    expect(changes["newQueryState"]).toBe(now["queryState"]);
  }
  expect(
    await person.refused("Email/queryChanges", {
      ...queries[0],
      sinceQueryState: before[0]?.["queryState"],
      maxChanges: 1,
    }),
  ).toBe("tooManyChanges");
  expect(await person.refused("Email/queryChanges", { filter: { body: "x" }, sinceQueryState: "1" })).toBe(
    "cannotCalculateChanges",
  );
});
