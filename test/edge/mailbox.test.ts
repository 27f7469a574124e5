import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, type Reply, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
});
afterAll(() => edge[Symbol.asyncDispose]());

const newPerson = (): Promise<Person> => edge.person(domain);
const create = async (person: Person, box: Record<string, unknown>): Promise<string> => {
  const { created, notCreated } = await person.call("Mailbox/set", { create: { k: box } });
  if (created === null) throw new Error(JSON.stringify(notCreated));
  return String(created.k.id);
};

test("a new account has its mailboxes with their roles (RFC 8621 §2)", async () => {
  const person = await newPerson();
  const { list, state, notFound } = await person.call("Mailbox/get", { ids: null });
  expect(list.map((box: Reply) => [box["name"], box["role"]])).toEqual([
    ["Inbox", "inbox"],
    ["Drafts", "drafts"],
    ["Sent", "sent"],
    ["Archive", "archive"],
    ["Junk", "junk"],
    ["Trash", "trash"],
  ]);
  expect(list[0]).toEqual({
    id: expect.stringMatching(/^m[a-z2-7]{26}$/),
    name: "Inbox",
    parentId: null,
    role: "inbox",
    sortOrder: 10,
    totalEmails: 0,
    unreadEmails: 0,
    totalThreads: 0,
    unreadThreads: 0,
    isSubscribed: true,
    myRights: {
      mayReadItems: true,
      mayAddItems: true,
      mayRemoveItems: true,
      maySetSeen: true,
      maySetKeywords: true,
      mayCreateChild: true,
      mayRename: false,
      mayDelete: false,
      maySubmit: true,
    },
  });
  expect(state).toMatch(/^\d+$/);
  expect(notFound).toEqual([]);
});

test("counts of messages and threads", async () => {
  const person = await newPerson();
  await person.deliver("Message-ID: <1@x>\nSubject: a\n\n1\n");
  await person.deliver("Message-ID: <2@x>\nReferences: <1@x>\nSubject: a\n\n2\n", { keywords: ["$seen"] });
  await person.deliver("Message-ID: <3@x>\nSubject: b\n\n3\n", { keywords: ["$seen"] });
  const properties = ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"];
  const { list } = await person.call("Mailbox/get", { ids: [await person.mailbox("inbox")], properties });
  expect(list).toEqual([
    { id: expect.any(String), totalEmails: 3, unreadEmails: 1, totalThreads: 2, unreadThreads: 1 },
  ]);
});

test("create, rename, move, destroy", async () => {
  const person = await newPerson();
  const { created, oldState, newState } = await person.call("Mailbox/set", {
    create: {
      b: { name: "B", parentId: "#a" },
      a: { name: "A" },
      c: { name: "C", parentId: "#b", sortOrder: 3 },
    },
  });
  expect(Number(newState)).toBeGreaterThan(Number(oldState));
  const [a, b, c] = [created.a.id, created.b.id, created.c.id];
  expect(created.a).toMatchObject({
    sortOrder: 100,
    isSubscribed: true,
    totalEmails: 0,
  });
  const { list } = await person.call("Mailbox/get", { ids: [b, c], properties: ["parentId", "sortOrder"] });
  expect(list).toEqual([
    { id: b, parentId: a, sortOrder: 100 },
    { id: c, parentId: b, sortOrder: 3 },
  ]);
  const update = await person.call("Mailbox/set", {
    update: { [c]: { name: "Ζ", parentId: null, isSubscribed: false }, [a]: { parentId: c } },
  });
  expect(update["updated"]).toEqual({ [c]: null, [a]: null });
  // The parent and the child in one call, in either order.
  const gone = await person.call("Mailbox/set", { destroy: [c, a, b] });
  expect(new Set(gone["destroyed"])).toEqual(new Set([a, b, c]));
  expect((await person.call("Mailbox/get", { ids: [a, b, c] }))["notFound"]).toEqual([a, b, c]);
});

test("a name is stored in NFC, and told when that changed it", async () => {
  const person = await newPerson();
  const { created } = await person.call("Mailbox/set", { create: { k: { name: "a/e\u0301t" } } });
  expect(created.k.name).toBe("a/\u00e9t");
  const { list } = await person.call("Mailbox/get", { ids: [created.k.id], properties: ["name"] });
  expect(list[0].name).toBe("a/\u00e9t");
});

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  ["no name", {}, { type: "invalidProperties", properties: ["name"] }],
  ["an empty name", { name: "  " }, { type: "invalidProperties", properties: ["name"] }],
  ["a name with a line end", { name: "a\nb" }, { type: "invalidProperties", properties: ["name"] }],
  ["a name of 256 octets", { name: "é".repeat(128) }, { type: "invalidProperties", properties: ["name"] }],
  ["the name of the inbox", { name: "InBox" }, { type: "alreadyExists" }],
  ["a name that is taken", { name: "Sent" }, { type: "alreadyExists" }],
  ["a role that is taken", { name: "X", role: "sent" }, { type: "invalidProperties", properties: ["role"] }],
  [
    "a role that we don't have",
    { name: "X", role: "all" },
    { type: "invalidProperties", properties: ["role"] },
  ],
  [
    "a parent that there isn't",
    { name: "X", parentId: "mnothing" },
    { type: "invalidProperties", properties: ["parentId"] },
  ],
  [
    "a property of the server",
    { name: "X", totalEmails: 3 },
    { type: "invalidProperties", properties: ["totalEmails"] },
  ],
  ["a circle", { name: "X", parentId: "#k" }, { type: "invalidProperties", properties: ["parentId"] }],
])("%s is refused", async (_what, box, error) => {
  const person = await newPerson();
  const { created, notCreated } = await person.call("Mailbox/set", { create: { k: box } });
  expect(created).toBeNull();
  expect(notCreated.k).toMatchObject(error);
});

test("what can't be changed stays, and the rest of the call is done", async () => {
  const person = await newPerson();
  const [inbox, sent] = [await person.mailbox("inbox"), await person.mailbox("sent")];
  const a = await create(person, { name: "A" });
  const b = await create(person, { name: "B", parentId: a });
  const set = await person.call("Mailbox/set", {
    update: {
      [inbox]: { name: "Mine" },
      [sent]: { role: null },
      [a]: { parentId: b },
      [b]: { "name/x": 1 },
      mnothing: { name: "X" },
    },
    destroy: [inbox, "mnothing"],
  });
  expect(set["notUpdated"]).toMatchObject({
    [inbox]: { type: "forbidden" },
    [sent]: { type: "invalidProperties", properties: ["role"] },
    [a]: { type: "invalidProperties", properties: ["parentId"] },
    [b]: { type: "invalidPatch" },
    mnothing: { type: "notFound" },
  });
  expect(set["notDestroyed"]).toMatchObject({
    [inbox]: { type: "forbidden" },
    mnothing: { type: "notFound" },
  });
  expect(set["updated"]).toBeNull();
});

test("a mailbox with messages or children goes only when that is wanted (RFC 8621 §2.5)", async () => {
  const person = await newPerson();
  const parent = await create(person, { name: "Parent" });
  const child = await create(person, { name: "Child", parentId: parent });
  const email = await person.deliver("Subject: x\n\nx\n");
  const both = await person.deliver("Subject: y\n\ny\n");
  await person.call("Email/set", {
    update: { [email]: { mailboxIds: { [child]: true } }, [both]: { [`mailboxIds/${child}`]: true } },
  });
  const refused = await person.call("Mailbox/set", { destroy: [parent] });
  expect(refused["notDestroyed"]).toMatchObject({ [parent]: { type: "mailboxHasChild" } });
  expect((await person.call("Mailbox/set", { destroy: [child] }))["notDestroyed"]).toMatchObject({
    [child]: { type: "mailboxHasEmail" },
  });
  const done = await person.call("Mailbox/set", { destroy: [child], onDestroyRemoveEmails: true });
  expect(done["destroyed"]).toEqual([child]);
  const { list, notFound } = await person.call("Email/get", {
    ids: [email, both],
    properties: ["mailboxIds"],
  });
  expect(notFound).toEqual([email]);
  expect(list).toEqual([{ id: both, mailboxIds: { [await person.mailbox("inbox")]: true } }]);
});

test("ifInState guards, and nothing is done when it fails", async () => {
  const person = await newPerson();
  const { state } = await person.call("Mailbox/get", { ids: [] });
  await create(person, { name: "Between" });
  expect(await person.refused("Mailbox/set", { ifInState: state, create: { k: { name: "Late" } } })).toBe(
    "stateMismatch",
  );
  const { list } = await person.call("Mailbox/get", { properties: ["name"] });
  expect(list.map((box: Reply) => box["name"])).not.toContain("Late");
});

test("changes tell what was created, updated and destroyed, and when only counts changed", async () => {
  const person = await newPerson();
  const old = await create(person, { name: "Old" });
  const { state } = await person.call("Mailbox/get", { ids: [] });
  const fresh = await create(person, { name: "New" });
  await person.call("Mailbox/set", {
    update: { [await person.mailbox("sent")]: { sortOrder: 1 } },
    destroy: [old],
  });
  const brief = await create(person, { name: "Brief" });
  await person.call("Mailbox/set", { destroy: [brief] });
  const changes = await person.call("Mailbox/changes", { sinceState: state });
  expect(changes).toMatchObject({
    oldState: state,
    hasMoreChanges: false,
    created: [fresh],
    updated: [await person.mailbox("sent")],
    destroyed: [old],
    updatedProperties: null,
  });
  await person.deliver("Subject: x\n\nx\n");
  const counts = await person.call("Mailbox/changes", { sinceState: changes["newState"] });
  expect(counts).toMatchObject({ updated: [await person.mailbox("inbox")] });
  expect(counts["updatedProperties"]).toContain("totalEmails");
  expect(await person.call("Mailbox/changes", { sinceState: counts["newState"] })).toMatchObject({
    created: [],
    updated: [],
    destroyed: [],
    newState: counts["newState"],
  });
});

test("changes come in steps when that is asked for, and add up", async () => {
  const person = await newPerson();
  let { state } = await person.call("Mailbox/get", { ids: [] });
  const made: string[] = [];
  for (let i = 0; i < 5; i++) made.push(await create(person, { name: `N${i}` }));
  const told: string[] = [];
  for (let more = true; more;) {
    const step = await person.call("Mailbox/changes", { sinceState: state, maxChanges: 2 });
    expect(step["created"].length).toBeLessThanOrEqual(2);
    told.push(...step["created"]);
    state = step["newState"];
    more = step["hasMoreChanges"];
  }
  expect(new Set(told)).toEqual(new Set(made));
});

test("a state that is none of ours can't be calculated from", async () => {
  const person = await newPerson();
  for (const method of [
    "Mailbox/changes",
    "Email/changes",
    "Thread/changes",
    "EmailSubmission/changes",
    "Identity/changes",
  ])
    for (const sinceState of ["x", "999999999", "-1", ""])
      expect(await person.refused(method, { sinceState })).toBe("cannotCalculateChanges");
});

test("query: by role, by name, as a tree", async () => {
  const person = await newPerson();
  const z = await create(person, { name: "Z", sortOrder: 500 });
  const a = await create(person, { name: "A", parentId: z, sortOrder: 1 });
  const query = async (args: Record<string, unknown>): Promise<string[]> =>
    (await person.call("Mailbox/query", args))["ids"];
  expect(await query({ filter: { role: "sent" } })).toEqual([await person.mailbox("sent")]);
  expect(await query({ filter: { hasAnyRole: false }, sort: [{ property: "name" }] })).toEqual([a, z]);
  expect(
    await query({ filter: { hasAnyRole: false }, sort: [{ property: "name" }], sortAsTree: true }),
  ).toEqual([z, a]);
  expect(await query({ filter: { name: "rchiv" } })).toEqual([await person.mailbox("archive")]);
  expect(await query({ filter: { parentId: z } })).toEqual([a]);
  expect(
    await query({ filter: { operator: "NOT", conditions: [{ hasAnyRole: true }, { parentId: z }] } }),
  ).toEqual([z]);
  expect(
    await query({
      filter: { isSubscribed: true },
      filterAsTree: true,
      limit: 1,
      position: -1,
      sort: [{ property: "sortOrder" }],
    }),
  ).toEqual([z]);
  expect(
    await person.call("Mailbox/query", {
      anchor: z,
      anchorOffset: -1,
      limit: 2,
      sort: [{ property: "sortOrder" }],
      calculateTotal: true,
    }),
  ).toMatchObject({
    ids: [await person.mailbox("trash"), z],
    position: 6,
    total: 8,
    canCalculateChanges: false,
  });
  expect(await person.refused("Mailbox/query", { anchor: "mno" })).toBe("anchorNotFound");
  expect(await person.refused("Mailbox/query", { sort: [{ property: "size" }] })).toBe("unsupportedSort");
  expect(await person.refused("Mailbox/query", { filter: { color: "red" } })).toBe("unsupportedFilter");
  expect(await person.refused("Mailbox/queryChanges", { sinceQueryState: "1" })).toBe(
    "cannotCalculateChanges",
  );
});
