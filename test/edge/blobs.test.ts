import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Person, type Reply, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let alice: Person;
beforeAll(async () => {
  edge = await startEdge();
  alice = await edge.person((await edge.tenant()).domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

const download = (blobId: string, name = "file", type?: string, person = alice): Promise<Response> =>
  person.fetch(
    `/jmap/download/${person.accountId}/${blobId}/${encodeURIComponent(name)}${type === undefined ? "" : `?type=${encodeURIComponent(type)}`}`,
  );
const bytesOf = async (res: Response): Promise<Uint8Array> => new Uint8Array(await res.arrayBuffer());

function randomBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536)
    crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
  return bytes;
}

describe("upload and download", () => {
  test.each([0, 1, 65_536, 65_537, 262_144, 262_145, 3_000_000])(
    "%i octets come back to the byte",
    async (size) => {
      const bytes = randomBytes(size);
      const res = await alice.fetch(`/jmap/upload/${alice.accountId}/`, {
        method: "POST",
        headers: { "content-type": "application/x-thing" },
        body: bytes,
      });
      expect(res.status).toBe(201);
      const uploaded = await res.json<Reply>();
      expect(uploaded).toEqual({
        accountId: alice.accountId,
        blobId: expect.stringMatching(/^u[a-z2-7]{26}$/),
        type: "application/x-thing",
        size,
      });
      const back = await download(String(uploaded["blobId"]));
      expect(back.headers.get("content-type")).toBe("application/x-thing");
      expect(await bytesOf(back)).toEqual(bytes);
    },
  );

  test("a body whose length is not told", async () => {
    const bytes = randomBytes(200_000);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 7_000) controller.enqueue(bytes.subarray(at, at + 7_000));
        controller.close();
      },
    });
    const init: RequestInit & { duplex: string } = { method: "POST", body, duplex: "half" };
    const res = await alice.fetch(`/jmap/upload/${alice.accountId}`, init);
    expect(res.status).toBe(201);
    const { blobId } = await res.json<{ blobId: string }>();
    expect(await bytesOf(await download(blobId))).toEqual(bytes);
  });

  test("a file is never a page of ours", async () => {
    const blobId = await alice.upload("<script>alert(1)</script>", "text/html");
    const res = await download(blobId, 'a"b\r\nX: y/../ü.html', "text/html");
    expect(res.headers.get("content-disposition")).toMatch(
      /^attachment; filename="[^"\r\n/\\]*"; filename\*=UTF-8''[^\s"]+$/,
    );
    expect(res.headers.get("content-disposition")).toContain("%C3%BC.html");
    expect(res.headers.get("x-content-type-options")).toBe("nosniff");
    expect(res.headers.get("content-security-policy")).toContain("sandbox");
    expect(res.headers.get("cache-control")).toMatch(/private/);
    expect(res.headers.get("content-length")).toBe("25");
    const broken = await download(blobId, "x", "text/html\r\nX-Evil: 1");
    expect(broken.headers.get("content-type")).toBe("application/octet-stream");
    expect(broken.headers.get("x-evil")).toBeNull();
  });

  test("too large, to another account, or without signing in", async () => {
    const big = await alice.fetch(`/jmap/upload/${alice.accountId}`, {
      method: "POST",
      body: new Uint8Array(50_000_001),
    });
    expect(big.status).toBe(413);
    const elsewhere = await alice.fetch(`/jmap/upload/a${"a".repeat(26)}`, { method: "POST", body: "x" });
    expect(elsewhere.status).toBe(404);
    expect(
      (
        await edge.fetch(`/jmap/upload/${alice.accountId}`, {
          method: "POST",
          body: "x",
          headers: { "content-type": "application/x" },
        })
      ).status,
    ).toBe(401);
    expect((await edge.fetch(`/jmap/download/${alice.accountId}/x/y`)).status).toBe(401);
  });

  test("blobs that there aren't", async () => {
    const id = await alice.deliver("Subject: x\n\nhello\n");
    const { list } = await alice.call("Email/get", { ids: [id], properties: ["blobId"] });
    const { blobId } = list[0];
    for (const bad of [
      "x",
      "u",
      `u${"a".repeat(26)}`,
      `b${"a".repeat(26)}`,
      `${blobId}_0_5_i`,
      `${blobId}_14_9999_i`,
      `${blobId}_14_21_b`,
    ])
      expect((await download(bad)).status).toBe(404);
  });
});

describe("parts of messages", () => {
  const RAW = [
    "Subject: parts",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "caf=C3=A9 =3D soft=",
    " break",
    "--b",
    "Content-Type: application/octet-stream",
    "Content-Transfer-Encoding: base64",
    "",
    "AAEC AwQF",
    "BgcI",
    "--b",
    "Content-Type: text/plain",
    "",
    "as it is",
    "--b",
    "Content-Type: message/rfc822",
    "",
    "Subject: in",
    "Content-Type: multipart/mixed; boundary=c",
    "",
    "--c",
    "Content-Type: image/gif",
    "Content-Transfer-Encoding: base64",
    "",
    "R0lG",
    "--c--",
    "--b--",
    "",
  ].join("\n");

  test("come decoded, and the message as it is", async () => {
    const id = await alice.deliver(RAW);
    const { list } = await alice.call("Email/get", { ids: [id], properties: ["blobId", "bodyStructure"] });
    const text = async (blobId: string): Promise<string> =>
      new TextDecoder().decode(await bytesOf(await download(blobId)));
    const parts: Reply[] = list[0].bodyStructure.subParts;
    expect(await text(list[0].blobId)).toBe(RAW.replaceAll("\n", "\r\n"));
    expect(await text(parts[0]?.["blobId"])).toBe("café = soft break");
    expect(await bytesOf(await download(parts[1]?.["blobId"]))).toEqual(
      Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8),
    );
    expect(await text(parts[2]?.["blobId"])).toBe("as it is");
    const inner = await download(parts[3]?.["blobId"]);
    expect(inner.headers.get("content-type")).toBe("message/rfc822");
    expect(new TextDecoder().decode(await bytesOf(inner))).toMatch(/^Subject: in\r\n/);
    for (const part of parts)
      expect(Number((await download(part["blobId"])).headers.get("content-length"))).toBe(part["size"]);
  });

  test("Email/parse shows an attached message (RFC 8621 §4.9)", async () => {
    const id = await alice.deliver(RAW);
    const { list } = await alice.call("Email/get", { ids: [id], properties: ["attachments"] });
    const inner = list[0].attachments.find((part: Reply) => part["type"] === "message/rfc822").blobId;
    const plain = await alice.upload("From: a@x.test\r\nSubject: up\r\n\r\nhello\r\n");
    const { parsed, notParsable, notFound } = await alice.call("Email/parse", {
      blobIds: [inner, plain, "unothing"],
      properties: ["id", "subject", "from", "textBody", "bodyValues"],
      fetchTextBodyValues: true,
    });
    expect(parsed[inner]).toMatchObject({
      subject: "in",
      from: null,
      textBody: [{ type: "image/gif", size: 3, blobId: null }],
    });
    expect(parsed[plain]).toMatchObject({ subject: "up", bodyValues: { "1": { value: "hello\n" } } });
    expect([notParsable, notFound]).toEqual([null, ["unothing"]]);
  });
});

describe("Email/import", () => {
  test("a message comes in as it is, with its flags, mailboxes and date", async () => {
    const raw =
      "Received: from x by y; Mon, 2 Feb 2026 10:00:00 +0100\r\nReceived: from w by x; Mon, 2 Feb 2026 09:00:00 +0100\r\nSubject: imported\r\n\r\n8-bit caf\u00e9, bare \n lf, no end";
    const bytes = new TextEncoder().encode(raw);
    const blobId = await alice.upload(bytes, "message/rfc822");
    const [inbox, archive] = [await alice.mailbox("inbox"), await alice.mailbox("archive")];
    const emails = {
      a: { blobId, mailboxIds: { [inbox]: true, [archive]: true }, keywords: { $flagged: true } },
      b: { blobId, mailboxIds: { [archive]: true }, receivedAt: "2020-01-02T03:04:05Z" },
    };
    const { created, notCreated, oldState, newState } = await alice.call("Email/import", { emails });
    expect(notCreated).toBeNull();
    expect(Number(newState)).toBeGreaterThan(Number(oldState));
    const { list } = await alice.call("Email/get", {
      ids: [created.a.id, created.b.id],
      properties: ["subject", "keywords", "mailboxIds", "receivedAt", "size", "blobId"],
    });
    expect(list).toMatchObject([
      {
        subject: "imported",
        keywords: { $flagged: true },
        mailboxIds: { [inbox]: true, [archive]: true },
        receivedAt: "2026-02-02T09:00:00Z",
        size: bytes.length,
      },
      { keywords: {}, mailboxIds: { [archive]: true }, receivedAt: "2020-01-02T03:04:05Z" },
    ]);
    expect(await bytesOf(await download(list[0].blobId))).toEqual(bytes);
  });

  test("what can't come in", async () => {
    const mailboxIds = { [await alice.mailbox("inbox")]: true };
    const text = await alice.upload("Subject: x\r\n\r\nx");
    const nothing = await alice.upload("no header here");
    const { notCreated } = await alice.call("Email/import", {
      emails: {
        blob: { blobId: "unothing", mailboxIds },
        box: { blobId: text, mailboxIds: { mnothing: true } },
        none: { blobId: text, mailboxIds: {} },
        word: { blobId: text, mailboxIds, keywords: { "a b": true } },
        date: { blobId: text, mailboxIds, receivedAt: "today" },
        mail: { blobId: nothing, mailboxIds },
      },
    });
    expect(notCreated).toMatchObject({
      blob: { type: "blobNotFound", notFound: ["unothing"] },
      box: { type: "invalidProperties", properties: ["mailboxIds"] },
      none: { type: "invalidProperties", properties: ["mailboxIds"] },
      word: { type: "invalidProperties", properties: ["keywords"] },
      date: { type: "invalidProperties", properties: ["receivedAt"] },
      mail: { type: "invalidEmail" },
    });
  });
});

test("copies: within one account there are none for emails, and every blob is there already", async () => {
  const blobId = await alice.upload("x");
  const copied = await alice.call("Blob/copy", {
    fromAccountId: alice.accountId,
    blobIds: [blobId, "unothing"],
  });
  expect(copied).toMatchObject({
    copied: { [blobId]: blobId },
    notCopied: { unothing: { type: "notFound" } },
  });
  expect(await alice.refused("Blob/copy", { fromAccountId: "ax", blobIds: [] })).toBe("fromAccountNotFound");
  expect(await alice.refused("Email/copy", { fromAccountId: "ax", create: {} })).toBe("fromAccountNotFound");
  expect(await alice.refused("Email/copy", { fromAccountId: alice.accountId, create: {} })).toBe(
    "invalidArguments",
  );
});
