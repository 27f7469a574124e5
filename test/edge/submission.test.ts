import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, type Reply, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let alice: Person;
let bob: Person;
let identityId: string;
beforeAll(async () => {
  edge = await startEdge();
  const { domain } = await edge.tenant();
  alice = await edge.person(domain, { name: "Alice A" });
  bob = await edge.person(domain, { name: "Bob" });
  identityId = (await alice.call("Identity/get", { ids: null }))["list"][0].id;
});
afterAll(() => edge[Symbol.asyncDispose]());

const draft = async (email: Record<string, unknown> = {}): Promise<string> => {
  const { created, notCreated } = await alice.call("Email/set", {
    create: {
      k: {
        mailboxIds: { [await alice.mailbox("drafts")]: true },
        keywords: { $draft: true, $seen: true },
        from: [{ name: "Alice A", email: alice.address }],
        to: [{ name: null, email: bob.address }],
        subject: "hello",
        textBody: [{ partId: "1" }],
        bodyValues: { "1": { value: "Hi Bob" } },
        ...email,
      },
    },
  });
  if (created === null) throw new Error(JSON.stringify(notCreated));
  return String(created.k.id);
};
const submit = async (one: Record<string, unknown>): Promise<Reply> => {
  const { created, notCreated } = await alice.call("EmailSubmission/set", {
    create: { s: { identityId, ...one } },
  });
  return created?.s ?? notCreated.s;
};
const inboxOf = async (person: Person, properties: string[] = ["subject"]): Promise<Reply[]> => {
  const [, get] = await person.request([
    ["Email/query", { filter: { inMailbox: await person.mailbox("inbox") } }, "q"],
    [
      "Email/get",
      { "#ids": { resultOf: "q", name: "Email/query", path: "/ids" }, properties, fetchTextBodyValues: true },
      "g",
    ],
  ]);
  return get?.[1]["list"];
};

test("identities: one for each address; name and signature can be set, the address can't", async () => {
  const { list, state } = await bob.call("Identity/get", { ids: null });
  expect(list).toEqual([
    {
      id: expect.stringMatching(/^i[a-z2-7]{26}$/),
      name: "Bob",
      email: bob.address,
      replyTo: null,
      bcc: null,
      textSignature: "",
      htmlSignature: "",
      mayDelete: false,
    },
  ]);
  const { id } = list[0];
  const set = await bob.call("Identity/set", {
    ifInState: state,
    update: {
      [id]: { name: "Bob B", textSignature: "--\nBob", replyTo: [{ name: null, email: "r@x.test" }] },
    },
  });
  expect(set["updated"]).toEqual({ [id]: null });
  expect((await bob.call("Identity/get", { ids: [id] }))["list"][0]).toMatchObject({
    name: "Bob B",
    textSignature: "--\nBob",
    replyTo: [{ name: null, email: "r@x.test" }],
  });
  const refused = await bob.call("Identity/set", {
    create: { k: { name: "X", email: "x@x.test" } },
    update: { [id]: { email: alice.address }, ino: { name: "x" } },
    destroy: [id, "ino"],
  });
  expect(refused).toMatchObject({
    notCreated: { k: { type: "forbidden" } },
    notUpdated: { [id]: { type: "invalidProperties", properties: ["email"] }, ino: { type: "notFound" } },
    notDestroyed: { [id]: { type: "forbidden" }, ino: { type: "notFound" } },
  });
  expect(await bob.refused("Identity/set", { ifInState: state, update: {} })).toBe("stateMismatch");
  expect(await bob.refused("Identity/changes", { sinceState: state })).toBe("cannotCalculateChanges");
  const now = await bob.call("Identity/get", { ids: [] });
  expect(await bob.call("Identity/changes", { sinceState: now["state"] })).toMatchObject({
    updated: [],
    hasMoreChanges: false,
  });
  for (const patch of [{ replyTo: [{ email: "x" }] }, { name: 5 }, { textSignature: "x".repeat(30_000) }])
    expect((await bob.call("Identity/set", { update: { [id]: patch } }))["notUpdated"][id].type).toBe(
      "invalidProperties",
    );
});

test("a draft is made, sent, and moved to Sent in one request; the other person has it", async () => {
  const [drafts, sent] = [await alice.mailbox("drafts"), await alice.mailbox("sent")];
  const responses = await alice.request([
    [
      "Email/set",
      {
        create: {
          k: {
            mailboxIds: { [drafts]: true },
            keywords: { $draft: true, $seen: true },
            from: [{ name: "Alice A", email: alice.address }],
            to: [{ name: "Bob", email: bob.address }],
            bcc: [{ name: null, email: alice.address }],
            subject: "Μεσημεριανό;",
            textBody: [{ partId: "1" }],
            bodyValues: { "1": { value: "At noon?" } },
          },
        },
      },
      "0",
    ],
    [
      "EmailSubmission/set",
      {
        create: { s: { identityId, emailId: "#k" } },
        onSuccessUpdateEmail: {
          "#s": { [`mailboxIds/${drafts}`]: null, [`mailboxIds/${sent}`]: true, "keywords/$draft": null },
        },
      },
      "1",
    ],
    ["Email/get", { ids: ["#k"], properties: ["mailboxIds", "keywords", "bcc"] }, "2"],
  ]);
  expect(responses.map(([name, , id]) => [name, id])).toEqual([
    ["Email/set", "0"],
    ["EmailSubmission/set", "1"],
    ["Email/set", "1"],
    ["Email/get", "2"],
  ]);
  expect(responses[1]?.[1]["created"].s).toEqual({
    id: expect.stringMatching(/^s[a-z2-7]{26}$/),
    threadId: responses[0]?.[1]["created"].k.threadId,
    sendAt: expect.stringMatching(/Z$/),
    undoStatus: "final",
  });
  expect(responses[3]?.[1]["list"][0]).toMatchObject({
    mailboxIds: { [sent]: true },
    keywords: { $seen: true },
    bcc: [{ email: alice.address }],
  });
  const [mail] = await inboxOf(bob, ["subject", "from", "bcc", "bodyValues", "keywords"]);
  expect(mail).toMatchObject({
    subject: "Μεσημεριανό;",
    from: [{ name: "Alice A", email: alice.address }],
    bcc: null,
    keywords: {},
    bodyValues: { "1": { value: "At noon?" } },
  });
  // The blind copy arrives, and tells nobody that it is one.
  expect(await inboxOf(alice, ["subject", "bcc"])).toMatchObject([{ subject: "Μεσημεριανό;", bcc: null }]);
});

test("a submission can be looked up, and its changes", async () => {
  const { state } = await alice.call("EmailSubmission/get", { ids: [] });
  const emailId = await draft({ to: [{ email: bob.address }, { email: "far@elsewhere.test" }] });
  const made = await submit({ emailId });
  const { list } = await alice.call("EmailSubmission/get", { ids: [made["id"]] });
  expect(list).toEqual([
    {
      id: made["id"],
      identityId,
      emailId,
      threadId: made["threadId"],
      envelope: {
        mailFrom: { email: alice.address, parameters: null },
        rcptTo: [
          { email: bob.address, parameters: null },
          { email: "far@elsewhere.test", parameters: null },
        ],
      },
      sendAt: made["sendAt"],
      undoStatus: "final",
      deliveryStatus: {
        [bob.address]: { smtpReply: expect.stringMatching(/^250 /), delivered: "yes", displayed: "unknown" },
        "far@elsewhere.test": {
          smtpReply: expect.stringMatching(/^250 /),
          delivered: "queued",
          displayed: "unknown",
        },
      },
      dsnBlobIds: [],
      mdnBlobIds: [],
    },
  ]);
  expect(await alice.call("EmailSubmission/changes", { sinceState: state })).toMatchObject({
    created: [made["id"]],
    updated: [],
    destroyed: [],
  });
  expect((await alice.call("EmailSubmission/query", { filter: { emailIds: [emailId] } }))["ids"]).toEqual([
    made["id"],
  ]);
  expect((await alice.call("EmailSubmission/query", { filter: { undoStatus: "canceled" } }))["ids"]).toEqual(
    [],
  );
  expect(
    (
      await alice.call("EmailSubmission/query", {
        sort: [{ property: "sentAt", isAscending: false }],
        limit: 1,
      })
    )["ids"],
  ).toHaveLength(1);
  const late = await alice.call("EmailSubmission/set", {
    update: { [made["id"]]: { undoStatus: "canceled" } },
    destroy: [made["id"], "sno"],
  });
  expect(late).toMatchObject({
    notUpdated: { [made["id"]]: { type: "cannotUnsend" } },
    notDestroyed: { [made["id"]]: { type: "forbidden" }, sno: { type: "notFound" } },
  });
});

test("the envelope may be given", async () => {
  const emailId = await draft({ to: [{ email: "shown@elsewhere.test" }], subject: "by envelope" });
  const made = await submit({
    emailId,
    envelope: {
      mailFrom: { email: alice.address },
      rcptTo: [{ email: bob.address, parameters: null }, { email: bob.address }],
    },
  });
  const { list } = await alice.call("EmailSubmission/get", {
    ids: [made["id"]],
    properties: ["deliveryStatus"],
  });
  expect(Object.keys(list[0].deliveryStatus)).toEqual([bob.address]);
  expect((await inboxOf(bob)).some((mail) => mail["subject"] === "by envelope")).toBe(true);
});

test("what can't be sent is refused as RFC 8621 §7.5 says, and nothing goes out", async () => {
  const before = (await inboxOf(bob)).length;
  const good = await draft();
  const rcptTo = [{ email: bob.address }];
  expect(await submit({ emailId: "enothing" })).toMatchObject({
    type: "invalidProperties",
    properties: ["emailId"],
  });
  expect(await submit({ emailId: good, identityId: "ino" })).toMatchObject({
    type: "invalidProperties",
    properties: ["identityId"],
  });
  expect(await submit({ emailId: good, sendAt: "2030-01-01T00:00:00Z" })).toMatchObject({
    type: "invalidProperties",
    properties: ["sendAt"],
  });
  expect(
    await submit({ emailId: good, envelope: { mailFrom: { email: "x@elsewhere.test" }, rcptTo } }),
  ).toMatchObject({ type: "forbiddenMailFrom" });
  expect(
    await submit({
      emailId: good,
      envelope: { mailFrom: { email: alice.address, parameters: { RET: "FULL" } }, rcptTo },
    }),
  ).toMatchObject({ type: "invalidProperties", properties: ["envelope"] });
  expect(
    await submit({ emailId: good, envelope: { mailFrom: { email: alice.address }, rcptTo: [] } }),
  ).toMatchObject({ type: "noRecipients" });
  expect(
    await submit({
      emailId: good,
      envelope: { mailFrom: { email: alice.address }, rcptTo: [{ email: "no address" }] },
    }),
  ).toMatchObject({ type: "invalidRecipients", invalidRecipients: ["no address"] });
  const many = Array.from({ length: 501 }, (_, i) => ({ email: `r${i}@elsewhere.test` }));
  expect(
    await submit({ emailId: good, envelope: { mailFrom: { email: alice.address }, rcptTo: many } }),
  ).toMatchObject({ type: "tooManyRecipients", maxRecipients: 500 });
  expect(await submit({ emailId: await draft({ from: [{ email: bob.address }] }) })).toMatchObject({
    type: "forbiddenMailFrom",
  });
  expect(
    await submit({
      emailId: await draft({ from: [{ email: bob.address }] }),
      envelope: { mailFrom: { email: alice.address }, rcptTo },
    }),
  ).toMatchObject({ type: "forbiddenFrom" });
  expect(await submit({ emailId: await draft({ to: null }) })).toMatchObject({ type: "noRecipients" });
  expect((await inboxOf(bob)).length).toBe(before);
});

test("onSuccess happens only for what succeeded", async () => {
  const [one, two] = [await draft(), await draft({ from: [{ email: bob.address }] })];
  const responses = await alice.request([
    [
      "EmailSubmission/set",
      {
        create: { a: { identityId, emailId: one }, b: { identityId, emailId: two } },
        onSuccessDestroyEmail: ["#a", "#b"],
      },
      "0",
    ],
  ]);
  expect(responses.map(([name]) => name)).toEqual(["EmailSubmission/set", "Email/set"]);
  expect(responses[1]?.[1]["destroyed"]).toEqual([one]);
  expect((await alice.call("Email/get", { ids: [one, two], properties: [] }))["notFound"]).toEqual([one]);
});
