import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Person, type Reply, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let alice: Person;
let drafts: string;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  alice = await edge.person(domain, { name: "Alice" });
  drafts = await alice.mailbox("drafts");
});
afterAll(() => edge[Symbol.asyncDispose]());

const create = async (email: Record<string, unknown>, person = alice): Promise<Reply> => {
  const { created, notCreated } = await person.call("Email/set", { create: { k: email } });
  if (created === null) throw new Error(JSON.stringify(notCreated));
  return created.k;
};
const refusal = async (email: Record<string, unknown>, person = alice): Promise<Reply> => {
  const { created, notCreated } = await person.call("Email/set", { create: { k: email } });
  expect(created).toBeNull();
  return notCreated.k;
};
const get = async (id: unknown, args: Record<string, unknown> = {}, person = alice): Promise<Reply> => {
  const { list } = await person.call("Email/get", { ids: [id], ...args });
  return list[0];
};
const rawOf = async (blobId: string, person = alice): Promise<string> => {
  const res = await person.fetch(`/jmap/download/${person.accountId}/${blobId}/m.eml?type=message/rfc822`);
  expect(res.status).toBe(200);
  return new TextDecoder().decode(await res.arrayBuffer());
};

const base = (): Record<string, unknown> => ({ mailboxIds: { [drafts]: true } });

describe("create", () => {
  test("a draft comes back as it was written (RFC 8621 §4.6)", async () => {
    const made = await create({
      mailboxIds: { [drafts]: true },
      keywords: { $draft: true, $Seen: true },
      receivedAt: "2026-03-01T10:00:00Z",
      from: [{ name: "Αλίκη", email: alice.address }],
      to: [{ name: "Smith, J", email: "j@x.test" }, { email: "k@bücher.test" }],
      cc: [],
      subject: "Καλημέρα — how are you? ".repeat(8).trim(),
      inReplyTo: ["a@x.test"],
      references: ["r@x.test", "a@x.test"],
      "header:X-Note:asText": "ünïcode",
      "header:X-Raw": " plain",
      textBody: [{ partId: "t", type: "text/plain" }],
      htmlBody: [{ partId: "h", type: "text/html" }],
      bodyValues: { t: { value: "Γειά σου\n\nA.\n" }, h: { value: "<p>Γειά σου</p>" } },
    });
    expect(made).toEqual({
      id: expect.stringMatching(/^e/),
      blobId: expect.stringMatching(/^b/),
      threadId: expect.stringMatching(/^t/),
      size: expect.any(Number),
    });
    const email = await get(made["id"], {
      properties: [
        "mailboxIds",
        "keywords",
        "receivedAt",
        "from",
        "to",
        "cc",
        "subject",
        "inReplyTo",
        "references",
        "messageId",
        "sentAt",
        "header:X-Note:asText",
        "header:X-Raw",
        "textBody",
        "htmlBody",
        "bodyValues",
        "size",
      ],
      fetchAllBodyValues: true,
    });
    expect(email).toMatchObject({
      mailboxIds: { [drafts]: true },
      keywords: { $draft: true, $seen: true },
      receivedAt: "2026-03-01T10:00:00Z",
      from: [{ name: "Αλίκη", email: alice.address }],
      to: [
        { name: "Smith, J", email: "j@x.test" },
        { name: null, email: "k@xn--bcher-kva.test" },
      ],
      cc: null,
      subject: "Καλημέρα — how are you? ".repeat(8).trim(),
      inReplyTo: ["a@x.test"],
      references: ["r@x.test", "a@x.test"],
      "header:X-Note:asText": "ünïcode",
      "header:X-Raw": " plain",
      size: made["size"],
    });
    // What every message must have (RFC 5322 §3.6) and this one was not given.
    expect(email["messageId"]).toEqual([expect.stringMatching(new RegExp(`@${domain}$`))]);
    expect(email["sentAt"]).toMatch(/^\d{4}-/);
    const values = Object.values<Reply>(email["bodyValues"]).map((value) => value["value"]);
    expect(values).toEqual(["Γειά σου\n\nA.\n", "<p>Γειά σου</p>"]);
    const raw = await rawOf(made["blobId"]);
    expect(raw.length).toBe(made["size"]);
    expect(raw).toMatch(/^[\x20-\x7e\r\n\t]*$/);
    for (const line of raw.split("\r\n")) expect(line.length).toBeLessThanOrEqual(78);
  });

  test("attachments: uploaded bytes, parts of other messages and whole messages, to the byte", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(10_000));
    const upload = await alice.upload(bytes, "application/zip");
    const original = await alice.deliver(
      "Subject: orig\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=p.png\n\niVBORw0KGgo=\n--b--\n",
    );
    const source = await get(original, { properties: ["attachments", "blobId"] });
    const made = await create({
      mailboxIds: { [drafts]: true },
      subject: "files",
      textBody: [{ partId: "1" }],
      bodyValues: { "1": { value: "see" } },
      attachments: [
        { blobId: upload, type: "application/zip", name: "Αρχείο.zip", disposition: "attachment" },
        { blobId: source["attachments"][0].blobId, type: "image/png", name: "p.png", cid: "pic@x" },
        { blobId: source["blobId"], type: "message/rfc822", name: "orig.eml" },
      ],
    });
    const email = await get(made["id"], { properties: ["attachments", "bodyStructure", "hasAttachment"] });
    expect(email["hasAttachment"]).toBe(true);
    expect(email["attachments"]).toMatchObject([
      { type: "application/zip", name: "Αρχείο.zip", size: 10_000, disposition: "attachment" },
      { type: "image/png", name: "p.png", size: 8, cid: "pic@x" },
      { type: "message/rfc822", name: "orig.eml" },
    ]);
    const download = async (part: Reply): Promise<Uint8Array> => {
      const res = await alice.fetch(`/jmap/download/${alice.accountId}/${part["blobId"]}/x`);
      return new Uint8Array(await res.arrayBuffer());
    };
    expect(await download(email["attachments"][0])).toEqual(bytes);
    expect(await download(email["attachments"][1])).toEqual(Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10));
    const whole = await alice.fetch(`/jmap/download/${alice.accountId}/${source["blobId"]}/x`);
    expect(await download(email["attachments"][2])).toEqual(new Uint8Array(await whole.arrayBuffer()));
  });

  test("a picture that the HTML shows stands beside it (RFC 2387)", async () => {
    const picture = await alice.upload(Uint8Array.of(1, 2, 3), "image/png");
    const made = await create({
      mailboxIds: { [drafts]: true },
      textBody: [{ partId: "t" }],
      htmlBody: [{ partId: "h" }],
      bodyValues: { t: { value: "x" }, h: { value: '<img src="cid:a@x">' } },
      attachments: [{ blobId: picture, type: "image/png", cid: "a@x", disposition: "inline" }],
    });
    const { bodyStructure } = await get(made["id"], { properties: ["bodyStructure"] });
    const types = (part: Reply): unknown => [part["type"], ...(part["subParts"] ?? []).map(types)];
    expect(types(bodyStructure)).toEqual([
      "multipart/alternative",
      ["text/plain"],
      ["multipart/related", ["text/html"], ["image/png"]],
    ]);
  });

  test("a structure of one's own", async () => {
    const made = await create({
      mailboxIds: { [drafts]: true },
      bodyStructure: {
        type: "multipart/mixed",
        subParts: [
          { partId: "a", type: "text/plain", "header:Content-Description": " first" },
          {
            partId: "b",
            type: "text/calendar",
            disposition: "inline",
            language: ["el"],
            location: "https://x.test/c",
          },
        ],
      },
      bodyValues: { a: { value: "A" }, b: { value: "BEGIN:VCALENDAR" } },
    });
    const { bodyStructure } = await get(made["id"], {
      properties: ["bodyStructure"],
      bodyProperties: ["type", "disposition", "language", "location", "header:Content-Description:asText"],
    });
    expect(bodyStructure.subParts).toMatchObject([
      { type: "text/plain", "header:Content-Description:asText": "first" },
      { type: "text/calendar", disposition: "inline", language: ["el"], location: "https://x.test/c" },
    ]);
  });

  test("in several mailboxes, also in one that the same request makes", async () => {
    const sent = await alice.mailbox("sent");
    const responses = await alice.request([
      ["Mailbox/set", { create: { box: { name: `New ${crypto.randomUUID()}` } } }, "0"],
      ["Email/set", { create: { k: { mailboxIds: { "#box": true, [sent]: true }, subject: "two" } } }, "1"],
      ["Email/get", { ids: ["#k"], properties: ["mailboxIds"] }, "2"],
    ]);
    const box = responses[0]?.[1]["created"].box.id;
    expect(responses[2]?.[1]["list"][0].mailboxIds).toEqual({ [box]: true, [sent]: true });
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ["no mailbox", { mailboxIds: {} }, ["mailboxIds"]],
    ["a mailbox that there isn't", { mailboxIds: { mnothing: true } }, ["mailboxIds"]],
    ["a keyword that is false", { keywords: { $seen: false } }, ["keywords"]],
    ["a keyword with a blank", { keywords: { "a b": true } }, ["keywords"]],
    ["a keyword that IMAP can't have", { keywords: { "a(": true } }, ["keywords"]],
    ["a property of the server", { size: 3 }, ["size"]],
    ["an unknown property", { color: "red" }, ["color"]],
    ["headers", { headers: [{ name: "X", value: "y" }] }, ["headers"]],
    ["one field twice", { subject: "a", "header:Subject:asText": "b" }, ["subject", "header:Subject:asText"]],
    ["a field in a form that it has not", { "header:From:asText": "a" }, ["header:From:asText"]],
    ["a Content field on the message", { "header:Content-Type": "text/html" }, ["header:Content-Type"]],
    ["a line of one's own in a header", { "header:X": "a\r\nBcc: b@x.test" }, ["header:X"]],
    ["an address that is none", { to: [{ email: "nobody" }] }, ["to"]],
    ["a date that is none", { sentAt: "yesterday" }, ["sentAt"]],
    ["receivedAt in another zone", { receivedAt: "2026-03-01T10:00:00+02:00" }, ["receivedAt"]],
    ["a part without text", { textBody: [{ partId: "1" }] }, ["textBody", "bodyValues"]],
    [
      "two text parts",
      { textBody: [{ partId: "1" }, { partId: "1" }], bodyValues: { "1": { value: "" } } },
      ["textBody"],
    ],
    [
      "HTML as text",
      { textBody: [{ partId: "1", type: "text/html" }], bodyValues: { "1": { value: "" } } },
      ["textBody"],
    ],
    [
      "a cut text",
      { textBody: [{ partId: "1" }], bodyValues: { "1": { value: "", isTruncated: true } } },
      ["bodyValues"],
    ],
    [
      "structure and lists",
      { bodyStructure: { partId: "1" }, textBody: [{ partId: "1" }], bodyValues: { "1": { value: "" } } },
      ["bodyStructure", "textBody"],
    ],
    [
      "a multipart with text",
      { bodyStructure: { type: "multipart/mixed", partId: "1" }, bodyValues: { "1": { value: "" } } },
      ["bodyStructure"],
    ],
    ["an empty multipart", { bodyStructure: { type: "multipart/mixed", subParts: [] } }, ["bodyStructure"]],
    [
      "text and blob in one",
      { attachments: [{ partId: "1", blobId: "u" }], bodyValues: { "1": { value: "" } } },
      ["attachments"],
    ],
    [
      "an encoding of one's own",
      { attachments: [{ blobId: "u", "header:Content-Transfer-Encoding": "8bit" }] },
      ["attachments"],
    ],
    ["a type with a line end", { attachments: [{ blobId: "u", type: "a/b\r\nX: y" }] }, ["attachments"]],
    ["a cid with a line end", { attachments: [{ blobId: "u", cid: "a>\r\nX: <b" }] }, ["attachments"]],
  ])("%s is refused", async (_what, change, properties) => {
    const error = await refusal({ ...base(), ...change });
    expect(error["type"]).toBe("invalidProperties");
    expect(new Set(error["properties"])).toEqual(new Set(properties));
  });

  test("blobs that there aren't are named", async () => {
    const attachments = [{ blobId: "unothing" }, { blobId: `b${"a".repeat(26)}` }];
    expect(await refusal({ ...base(), attachments })).toEqual({
      type: "blobNotFound",
      notFound: ["unothing", `b${"a".repeat(26)}`],
    });
  });

  test("a full mailbox takes nothing more, and the others of the call are told too", async () => {
    const small = await edge.person(domain, { quotaBytes: 900 });
    const mailboxIds = { [await small.mailbox("drafts")]: true };
    const { created, notCreated } = await small.call("Email/set", {
      create: { a: { mailboxIds, subject: "x" }, b: { mailboxIds, subject: "y".repeat(600) } },
    });
    expect(Object.keys(created)).toEqual(["a"]);
    expect(notCreated.b.type).toBe("overQuota");
  });
});

describe("update", () => {
  test("keywords and mailboxes, by patch and as a whole", async () => {
    const [inbox, archive] = [await alice.mailbox("inbox"), await alice.mailbox("archive")];
    const id = await alice.deliver("Subject: u\n\nu\n", { keywords: ["a"] });
    const state = async (): Promise<unknown> => {
      const { keywords, mailboxIds } = await get(id, { properties: ["keywords", "mailboxIds"] });
      return [Object.keys(keywords).toSorted(), new Set(Object.keys(mailboxIds))];
    };
    const update = (patch: Record<string, unknown>): Promise<Reply> =>
      alice.call("Email/set", { update: { [id]: patch } });
    expect(
      (await update({ "keywords/$seen": true, "keywords/b": true, "keywords/a": null }))["updated"],
    ).toEqual({ [id]: null });
    expect(await state()).toEqual([["$seen", "b"], new Set([inbox])]);
    await update({ keywords: { $flagged: true }, [`mailboxIds/${archive}`]: true });
    expect(await state()).toEqual([["$flagged"], new Set([inbox, archive])]);
    await update({ mailboxIds: { [archive]: true } });
    expect(await state()).toEqual([["$flagged"], new Set([archive])]);
    await update({ [`mailboxIds/${archive}`]: null, [`mailboxIds/${inbox}`]: true, keywords: null });
    expect(await state()).toEqual([[], new Set([inbox])]);
  });

  test("the id, the thread and the date survive a move", async () => {
    const id = await alice.deliver("Message-ID: <mv@x>\nSubject: m\n\nm\n", {
      receivedAt: 1_700_000_000_000,
    });
    const properties = ["threadId", "receivedAt", "blobId"];
    const before = await get(id, { properties });
    await alice.call("Email/set", {
      update: { [id]: { mailboxIds: { [await alice.mailbox("trash")]: true } } },
    });
    expect(await get(id, { properties })).toEqual(before);
  });

  test("what can't be changed is refused, and the rest of the call is done", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 8; i++) ids.push(await alice.deliver(`Subject: ${i}\n\n${i}\n`));
    const [a = "", b = "", c = "", d = "", e = "", f = "", g = "", h = ""] = ids;
    const set = await alice.call("Email/set", {
      update: {
        [a]: { subject: "new" },
        [b]: { mailboxIds: {} },
        [c]: { "mailboxIds/mnothing": true },
        [d]: { "keywords/a b": true },
        [e]: { "keywords/$seen/x": true },
        [f]: { keywords: { x: true }, "keywords/y": true },
        [g]: { "keywords/$seen": true },
        [h]: { "keywords/$seen": true },
        enothing: { "keywords/$seen": true },
      },
      destroy: [h],
    });
    expect(set["notUpdated"]).toMatchObject({
      [a]: { type: "invalidProperties", properties: ["subject"] },
      [b]: { type: "invalidProperties", properties: ["mailboxIds"] },
      [c]: { type: "invalidProperties", properties: ["mailboxIds"] },
      [d]: { type: "invalidProperties", properties: ["keywords"] },
      [e]: { type: "invalidPatch" },
      [f]: { type: "invalidPatch" },
      [h]: { type: "willDestroy" },
      enothing: { type: "notFound" },
    });
    expect(set["updated"]).toEqual({ [g]: null });
    expect(set["destroyed"]).toEqual([h]);
  });

  test("many at once", async () => {
    const person = await edge.person(domain);
    const ids: string[] = [];
    for (let i = 0; i < 60; i++) ids.push(await person.deliver(`Subject: ${i}\n\n${i}\n`));
    const update = Object.fromEntries(
      ids.map((id, i) => [id, { "keywords/$seen": true, [`keywords/k${i % 3}`]: true }]),
    );
    await person.call("Email/set", { update });
    const { list } = await person.call("Email/get", { ids, properties: ["keywords"] });
    expect(list.map((one: Reply) => Object.keys(one["keywords"]))).toEqual(
      ids.map((_, i) => ["$seen", `k${i % 3}`]),
    );
    const { list: boxes } = await person.call("Mailbox/get", {
      ids: [await person.mailbox("inbox")],
      properties: ["unreadEmails"],
    });
    expect(boxes[0].unreadEmails).toBe(0);
    const archive = await person.mailbox("archive");
    const moved = Object.fromEntries(
      ids.map((id, i) => [id, i === 5 ? {} : { mailboxIds: { [archive]: true } }]),
    );
    await person.call("Email/set", { update: moved });
    const { list: counts } = await person.call("Mailbox/get", { properties: ["role", "totalEmails"] });
    const total = (role: string): unknown =>
      counts.find((box: Reply) => box["role"] === role)?.["totalEmails"];
    expect([total("inbox"), total("archive")]).toEqual([1, 59]);
    const { list: kept } = await person.call("Email/get", { ids, properties: ["keywords"] });
    expect(kept.map((one: Reply) => one["id"])).toEqual(ids);
    expect(Object.keys(kept[7]["keywords"])).toEqual(["$seen", "k1"]);
  });
});

describe("destroy", () => {
  test("takes a message out of the account; unknown ids are not found", async () => {
    const id = await alice.deliver("Subject: d\n\nd\n");
    const set = await alice.call("Email/set", { destroy: [id, "enothing"] });
    expect(set["destroyed"]).toEqual([id]);
    expect(set["notDestroyed"]).toEqual({ enothing: { type: "notFound" } });
    expect((await alice.call("Email/get", { ids: [id] }))["notFound"]).toEqual([id]);
  });

  test("one that the same request made", async () => {
    const [, set] = await alice.request([
      ["Email/set", { create: { k: { mailboxIds: { [drafts]: true } } } }, "0"],
      ["Email/set", { destroy: ["#k"] }, "1"],
    ]);
    expect(set?.[1]["destroyed"]).toHaveLength(1);
  });
});

test("ifInState guards, and nothing is done when it fails", async () => {
  const { state } = await alice.call("Email/get", { ids: [] });
  const id = await alice.deliver("Subject: s\n\ns\n");
  expect(await alice.refused("Email/set", { ifInState: state, destroy: [id] })).toBe("stateMismatch");
  expect((await alice.call("Email/get", { ids: [id], properties: [] }))["list"]).toEqual([{ id }]);
  const now = await alice.call("Email/get", { ids: [] });
  expect((await alice.call("Email/set", { ifInState: now["state"], destroy: [id] }))["destroyed"]).toEqual([
    id,
  ]);
});

test("changes: created, updated, destroyed; emails and their threads", async () => {
  const person = await edge.person(domain);
  const old = await person.deliver("Message-ID: <o@x>\nSubject: o\n\no\n");
  const gone = await person.deliver("Message-ID: <g@x>\nSubject: g\n\ng\n");
  const threadOf = async (id: string): Promise<string> =>
    (await get(id, { properties: ["threadId"] }, person))["threadId"];
  const threads = [await threadOf(old), await threadOf(gone)];
  const { state } = await person.call("Email/get", { ids: [] });
  const reply = await person.deliver("Message-ID: <p@x>\nIn-Reply-To: <o@x>\nSubject: o\n\np\n");
  const fresh = await person.deliver("Message-ID: <f@x>\nSubject: f\n\nf\n");
  await person.call("Email/set", { update: { [old]: { "keywords/$seen": true } }, destroy: [gone] });
  const brief = await person.deliver("Message-ID: <b@x>\nSubject: b\n\nb\n");
  await person.call("Email/set", { destroy: [brief] });
  const emails = await person.call("Email/changes", { sinceState: state });
  expect(new Set(emails["created"])).toEqual(new Set([reply, fresh]));
  expect([emails["updated"], emails["destroyed"], emails["hasMoreChanges"]]).toEqual([[old], [gone], false]);
  const changes = await person.call("Thread/changes", { sinceState: state });
  expect(changes["created"]).toEqual([await threadOf(fresh)]);
  expect(changes["updated"]).toEqual([threads[0]]);
  expect(changes["destroyed"]).toEqual([threads[1]]);
  expect(changes["newState"]).toBe((await person.call("Email/get", { ids: [] }))["state"]);
});

test("changes come in steps when that is asked for, and add up", async () => {
  const person = await edge.person(domain);
  let { state } = await person.call("Email/get", { ids: [] });
  const made: string[] = [];
  for (let i = 0; i < 7; i++) made.push(await person.deliver(`Subject: ${i}\n\n${i}\n`));
  const told: string[] = [];
  for (let more = true; more;) {
    const step = await person.call("Email/changes", { sinceState: state, maxChanges: 3 });
    expect(step["created"].length).toBeLessThanOrEqual(3);
    told.push(...step["created"]);
    state = step["newState"];
    more = step["hasMoreChanges"];
  }
  expect(told).toEqual(made);
});
