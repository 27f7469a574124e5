import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { METHODS } from "../../src/edge/jmap/methods.ts";
import { type Person, type Reply, startEdge, type TestEdge } from "./support/test-edge.ts";

/** Everything of somebody that has an id. */
interface Ids {
  readonly account: string;
  readonly mailbox: string;
  readonly email: string;
  readonly thread: string;
  readonly blob: string;
  readonly part: string;
  readonly upload: string;
  readonly identity: string;
  readonly submission: string;
}

type Args = Record<string, unknown>;
interface Attempt {
  readonly args: (theirs: Ids, mine: Ids) => Args;
  /** what the answer has to be, or the error */
  readonly answer: (reply: Reply, theirs: Ids) => void;
}

const isNotFound = (kind: keyof Ids) => (reply: Reply, theirs: Ids) => {
  expect(reply["list"]).toEqual([]);
  expect(reply["notFound"]).toEqual([theirs[kind]]);
};
const isError = (type: string) => (reply: Reply) => expect(reply["type"]).toBe(type);
const isEmpty = (reply: Reply): void => expect(reply["ids"]).toEqual([]);
/** Changes since the beginning: whatever there is, it is one's own. */
const tellsNothingOf = (reply: Reply, theirs: Ids): void => {
  const text = JSON.stringify(reply);
  for (const id of Object.values(theirs)) expect(text).not.toContain(id);
};
const refused =
  (
    what: "notCreated" | "notUpdated" | "notDestroyed",
    key: string | ((theirs: Ids) => string),
    type: string,
  ) =>
  (reply: Reply, theirs: Ids) => {
    expect(reply[what]?.[typeof key === "string" ? key : key(theirs)]?.type).toBe(type);
    expect(
      [reply["created"], reply["updated"], reply["destroyed"]].every(
        (one) => one === null || one === undefined,
      ),
    ).toBe(true);
  };

/** For every method, what somebody does who knows all ids of somebody else. A new method without a row here fails the test. */
const ATTEMPTS: Readonly<Record<string, readonly Attempt[]>> = {
  "Core/echo": [],
  "Blob/copy": [
    {
      args: (theirs, mine) => ({
        fromAccountId: mine.account,
        blobIds: [theirs.blob, theirs.part, theirs.upload],
      }),
      answer: (reply) => {
        expect(reply["copied"]).toBeNull();
        expect(Object.keys(reply["notCopied"])).toHaveLength(3);
      },
    },
    {
      args: (theirs) => ({ fromAccountId: theirs.account, blobIds: [theirs.blob] }),
      answer: isError("fromAccountNotFound"),
    },
  ],
  "Email/changes": [{ args: () => ({ sinceState: "0" }), answer: tellsNothingOf }],
  "Email/copy": [
    {
      args: (theirs, mine) => ({
        fromAccountId: theirs.account,
        create: { k: { id: theirs.email, mailboxIds: { [mine.mailbox]: true } } },
      }),
      answer: isError("fromAccountNotFound"),
    },
  ],
  "Email/get": [
    { args: (theirs) => ({ ids: [theirs.email], fetchAllBodyValues: true }), answer: isNotFound("email") },
  ],
  "Email/import": [
    {
      args: (theirs, mine) => ({
        emails: { k: { blobId: theirs.blob, mailboxIds: { [mine.mailbox]: true } } },
      }),
      answer: refused("notCreated", "k", "blobNotFound"),
    },
    {
      args: (theirs, mine) => ({
        emails: { k: { blobId: theirs.upload, mailboxIds: { [mine.mailbox]: true } } },
      }),
      answer: refused("notCreated", "k", "blobNotFound"),
    },
    {
      args: (theirs, mine) => ({
        emails: { k: { blobId: mine.upload, mailboxIds: { [theirs.mailbox]: true } } },
      }),
      answer: refused("notCreated", "k", "invalidProperties"),
    },
  ],
  "Email/parse": [
    {
      args: (theirs) => ({ blobIds: [theirs.blob, theirs.upload] }),
      answer: (reply, theirs) => {
        expect(reply["parsed"]).toBeNull();
        expect(reply["notFound"]).toEqual([theirs.blob, theirs.upload]);
      },
    },
  ],
  "Email/query": [
    { args: (theirs) => ({ filter: { inMailbox: theirs.mailbox } }), answer: isEmpty },
    { args: () => ({ filter: { text: "secret" } }), answer: tellsNothingOf },
    { args: (theirs) => ({ anchor: theirs.email }), answer: isError("anchorNotFound") },
    { args: () => ({ filter: { body: "secret" } }), answer: tellsNothingOf },
  ],
  "Email/queryChanges": [
    {
      args: (theirs) => ({ filter: { inMailbox: theirs.mailbox }, sinceQueryState: "0" }),
      answer: tellsNothingOf,
    },
  ],
  "Email/set": [
    {
      args: (theirs) => ({ update: { [theirs.email]: { "keywords/$seen": true } } }),
      answer: refused("notUpdated", (theirs) => theirs.email, "notFound"),
    },
    {
      args: (theirs, mine) => ({ update: { [theirs.email]: { mailboxIds: { [mine.mailbox]: true } } } }),
      answer: refused("notUpdated", (theirs) => theirs.email, "notFound"),
    },
    {
      args: (theirs, mine) => ({ update: { [mine.email]: { mailboxIds: { [theirs.mailbox]: true } } } }),
      answer: (reply) =>
        expect(Object.values<Reply>(reply["notUpdated"])[0]?.["type"]).toBe("invalidProperties"),
    },
    {
      args: (theirs) => ({ destroy: [theirs.email] }),
      answer: refused("notDestroyed", (theirs) => theirs.email, "notFound"),
    },
    {
      args: (theirs) => ({ create: { k: { mailboxIds: { [theirs.mailbox]: true } } } }),
      answer: refused("notCreated", "k", "invalidProperties"),
    },
    {
      args: (theirs, mine) => ({
        create: {
          k: {
            mailboxIds: { [mine.mailbox]: true },
            attachments: [{ blobId: theirs.part }, { blobId: theirs.blob }],
          },
        },
      }),
      answer: refused("notCreated", "k", "blobNotFound"),
    },
  ],
  "EmailSubmission/changes": [{ args: () => ({ sinceState: "0" }), answer: tellsNothingOf }],
  "EmailSubmission/get": [
    { args: (theirs) => ({ ids: [theirs.submission] }), answer: isNotFound("submission") },
  ],
  "EmailSubmission/query": [
    { args: (theirs) => ({ filter: { emailIds: [theirs.email] } }), answer: isEmpty },
  ],
  "EmailSubmission/queryChanges": [
    { args: () => ({ sinceQueryState: "0" }), answer: isError("cannotCalculateChanges") },
  ],
  "EmailSubmission/set": [
    {
      args: (theirs, mine) => ({ create: { k: { identityId: mine.identity, emailId: theirs.email } } }),
      answer: refused("notCreated", "k", "invalidProperties"),
    },
    {
      args: (theirs, mine) => ({ create: { k: { identityId: theirs.identity, emailId: mine.email } } }),
      answer: refused("notCreated", "k", "invalidProperties"),
    },
    {
      args: (theirs) => ({ update: { [theirs.submission]: { undoStatus: "canceled" } } }),
      answer: refused("notUpdated", (theirs) => theirs.submission, "notFound"),
    },
    {
      args: (theirs) => ({ destroy: [theirs.submission] }),
      answer: refused("notDestroyed", (theirs) => theirs.submission, "notFound"),
    },
  ],
  "Identity/changes": [{ args: () => ({ sinceState: "0" }), answer: isError("cannotCalculateChanges") }],
  "Identity/get": [{ args: (theirs) => ({ ids: [theirs.identity] }), answer: isNotFound("identity") }],
  "Identity/set": [
    {
      args: (theirs) => ({ update: { [theirs.identity]: { name: "Mallory" } } }),
      answer: refused("notUpdated", (theirs) => theirs.identity, "notFound"),
    },
  ],
  "Mailbox/changes": [{ args: () => ({ sinceState: "0" }), answer: tellsNothingOf }],
  "Mailbox/get": [{ args: (theirs) => ({ ids: [theirs.mailbox] }), answer: isNotFound("mailbox") }],
  "Mailbox/query": [
    { args: (theirs) => ({ filter: { parentId: theirs.mailbox } }), answer: isEmpty },
    { args: (theirs) => ({ anchor: theirs.mailbox }), answer: isError("anchorNotFound") },
  ],
  "Mailbox/queryChanges": [
    { args: () => ({ sinceQueryState: "0" }), answer: isError("cannotCalculateChanges") },
  ],
  "Mailbox/set": [
    {
      args: (theirs) => ({ update: { [theirs.mailbox]: { name: "Mine" } } }),
      answer: refused("notUpdated", (theirs) => theirs.mailbox, "notFound"),
    },
    {
      args: (theirs) => ({ destroy: [theirs.mailbox], onDestroyRemoveEmails: true }),
      answer: refused("notDestroyed", (theirs) => theirs.mailbox, "notFound"),
    },
    {
      args: (theirs) => ({ create: { k: { name: "X", parentId: theirs.mailbox } } }),
      answer: refused("notCreated", "k", "invalidProperties"),
    },
  ],
  "SearchSnippet/get": [
    {
      args: (theirs) => ({ filter: { text: "secret" }, emailIds: [theirs.email] }),
      answer: isNotFound("email"),
    },
  ],
  "Thread/changes": [{ args: () => ({ sinceState: "0" }), answer: tellsNothingOf }],
  "Thread/get": [{ args: (theirs) => ({ ids: [theirs.thread] }), answer: isNotFound("thread") }],
};

async function idsOf(person: Person): Promise<Ids> {
  const mailbox = (await person.call("Mailbox/set", { create: { k: { name: "Private" } } }))["created"].k.id;
  const email = await person.deliver(
    `From: a@x.test\nSubject: secret\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nsecret text of ${person.address}\n--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nc2VjcmV0\n--b--\n`,
  );
  await person.call("Email/set", { update: { [email]: { mailboxIds: { [mailbox]: true } } } });
  const [one] = (
    await person.call("Email/get", { ids: [email], properties: ["blobId", "threadId", "attachments"] })
  )["list"];
  const upload = await person.upload("Subject: secret upload\r\n\r\nsecret\r\n");
  const identity = (await person.call("Identity/get", {}))["list"][0].id;
  const drafts = await person.mailbox("drafts");
  const sent = await person.request([
    [
      "Email/set",
      {
        create: {
          d: {
            mailboxIds: { [drafts]: true },
            from: [{ email: person.address }],
            to: [{ email: "far@elsewhere.test" }],
          },
        },
      },
      "0",
    ],
    ["EmailSubmission/set", { create: { s: { identityId: identity, emailId: "#d" } } }, "1"],
  ]);
  return {
    account: person.accountId,
    mailbox,
    email,
    thread: one.threadId,
    blob: one.blobId,
    part: one.attachments[0].blobId,
    upload,
    identity,
    submission: sent[1]?.[1]["created"].s.id,
  };
}

/** All that a person sees of their own. */
async function everything(person: Person): Promise<unknown> {
  const responses = await person.request([
    ["Mailbox/get", { ids: null }, "0"],
    ["Email/get", { ids: null, properties: ["mailboxIds", "keywords", "subject"] }, "1"],
    ["Identity/get", { ids: null }, "2"],
    ["EmailSubmission/get", { ids: null }, "3"],
  ]);
  return responses.map(([, reply]) => [reply["list"], reply["state"]]);
}

let edge: TestEdge;
let mallory: Person;
let mine: Ids;
const victims: { who: string; person: Person; theirs: Ids; before: unknown }[] = [];
beforeAll(async () => {
  edge = await startEdge();
  const { domain } = await edge.tenant();
  mallory = await edge.person(domain);
  mine = await idsOf(mallory);
  const strangers = [
    ["a colleague of the same tenant", await edge.person(domain)],
    ["a person of another tenant", await edge.person((await edge.tenant()).domain)],
  ] as const;
  for (const [who, person] of strangers)
    victims.push({ who, person, theirs: await idsOf(person), before: await everything(person) });
});
afterAll(() => edge[Symbol.asyncDispose]());

test("every method has its row", () => {
  expect(Object.keys(ATTEMPTS).toSorted()).toEqual([...METHODS.keys()].toSorted());
});

describe.each([...METHODS.keys()].filter((name) => name !== "Core/echo"))("%s", (name) => {
  test("does nothing in the account of somebody else", async () => {
    for (const { theirs } of victims) {
      const args = ATTEMPTS[name]?.[0]?.args(theirs, mine) ?? {};
      expect(await mallory.refused(name, { ...args, accountId: theirs.account })).toBe("accountNotFound");
    }
  });

  test("does not find what belongs to somebody else", async () => {
    for (const { theirs } of victims)
      for (const { args, answer } of ATTEMPTS[name] ?? []) {
        const [response] = await mallory.request([[name, args(theirs, mine), "0"]]);
        answer(response?.[1] ?? {}, theirs);
        expect(JSON.stringify(response)).not.toContain("secret text of");
      }
  });
});

test("bytes of somebody else are not there", async () => {
  for (const { theirs } of victims)
    for (const account of [mine.account, theirs.account])
      for (const blob of [theirs.blob, theirs.part, theirs.upload])
        expect((await mallory.fetch(`/jmap/download/${account}/${blob}/x`)).status).toBe(404);
  for (const { theirs } of victims) {
    const res = await mallory.fetch(`/jmap/upload/${theirs.account}`, { method: "POST", body: "x" });
    expect(res.status).toBe(404);
  }
});

test("and after all of that, everybody has what they had", async () => {
  for (const { person, before } of victims) expect(await everything(person)).toEqual(before);
});
