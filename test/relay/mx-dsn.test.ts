import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileSpooled } from "../../smtp-relay/store-and-forward/file-spooled.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { TraceId } from "../../src/history/index.ts";
import { ALL_UIDS, listPlacements, readMailboxByRole } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import {
  deliveryTo,
  forward,
  messageFrom,
  newGroup,
  somebody,
  startFakeMx,
  taken,
  worldOf,
} from "../support/addresses.ts";
import type { FakeMx, Taken } from "../support/fake-mx.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import {
  type Agency,
  inboxOf,
  newPeople,
  type SmtpRelay,
  startSmtpRelay,
  until,
  withoutTrace,
} from "../support/smtp-relay.ts";

const SENDER = "someone@remote.test";
const FORGED = "someone@forged.test";

let platform: TestPlatform;
let acme: Agency;
let beta: Agency;
let owner: postgres.Sql;
beforeAll(async () => {
  platform = await testPlatform();
  acme = { slug: "acme", domain: "acme.test", tenantId: await platform.tenant("acme", "acme.test") };
  beta = { slug: "beta", domain: "beta.test", tenantId: await platform.tenant("beta", "beta.test") };
  owner = postgres(platform.database.ownerUrl, { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  await owner.end();
  await platform[Symbol.asyncDispose]();
});

const person = (agency = acme): Promise<Principal> => somebody(platform, agency);
const inbox = async (one: Principal): Promise<number> => (await inboxOf(platform, one)).length;
const textOf = (one: Taken | undefined): string => one?.octets.toString("latin1") ?? "";
/** Nothing waits to be sent. */
const idle = () => until(async () => (await owner`select 1 from outbound_queue`).length === 0);

interface World extends AsyncDisposable {
  readonly mx: FakeMx;
  readonly relay: SmtpRelay;
}

/** A server of somebody else that is everybody's. @param isDsn it speaks RFC 3461 */
async function open(isDsn = true): Promise<World> {
  await owner`delete from outbound_queue`;
  const dns = worldOf("remote.test", "outside.test", "forged.test", "acme.test", "beta.test");
  const mx = await startFakeMx({ hideDSN: !isDsn });
  const relay = await startSmtpRelay(platform, {
    dns: { ...dns, txt: { ...dns.txt, "forged.test": ["v=spf1 -all"] } },
    delivery: deliveryTo(mx),
  });
  return {
    mx,
    relay,
    async [Symbol.asyncDispose]() {
      await relay.stop();
      await mx[Symbol.asyncDispose]();
    },
  };
}

interface Said {
  readonly from?: string;
  readonly mail?: string;
  readonly octets?: Buffer;
}

/** One message over SMTP. @param to each with its parameters: `<a@b.test> NOTIFY=SUCCESS` */
async function send(relay: SmtpRelay, to: readonly string[], said: Said = {}): Promise<string> {
  const { from = SENDER, mail = "", octets = messageFrom(from) } = said;
  const client = await relay.mx();
  const replies = await client.pipeline([
    `MAIL FROM:<${from}>${mail}`,
    ...to.map((one) => `RCPT TO:${one}`),
    "DATA",
  ]);
  const refused = replies.find((one) => one.code >= 400);
  const reply = refused ?? (await client.content(octets));
  client.close();
  return reply.text;
}

/** The fields of each recipient in a notice. */
const recipientsOf = (notice: Taken | undefined): string[][] =>
  textOf(notice)
    .split(/Content-Type: message\/(?:global-)?delivery-status\r\n/)[1]
    ?.split("\r\n--")[0]
    ?.trim()
    .split("\r\n\r\n")
    .slice(1)
    .map((group) =>
      group
        .split("\r\n")
        .filter((line) => /^(?:Original-Recipient|Final-Recipient|Action|Status)/.test(line)),
    ) ?? [];

describe("a message that is in a mailbox", () => {
  test("is told of to whoever asked for it: once, with the header and the names that the sender gave", async () => {
    await using world = await open();
    const ann = await person();
    const to = `<${ann.address}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;An+2BN@old.test`;
    expect(await send(world.relay, [to], { mail: " RET=FULL ENVID=QQ+2B314" })).toMatch(/^250 /);
    const [notice] = await taken(world.mx, 1);
    expect(notice).toMatchObject({ from: "", to: [SENDER] });
    expect(recipientsOf(notice)).toEqual([
      [
        "Original-Recipient: rfc822; An+2BN@old.test",
        `Final-Recipient: rfc822; ${ann.address}`,
        "Action: delivered",
        "Status: 2.1.5",
      ],
    ]);
    expect(textOf(notice)).toContain("Original-Envelope-Id: QQ+314\r\n");
    expect(textOf(notice)).toContain("Auto-Submitted: auto-replied\r\n");
    // RFC 3461 §4.3: the whole message goes back with failures alone.
    expect(textOf(notice)).toContain("Content-Type: text/rfc822-headers\r\n");
    expect(textOf(notice)).toContain("Subject: hello\r\n");
    expect(textOf(notice)).not.toContain("Text.");
    await idle();
    expect(world.mx.taken).toHaveLength(1);
    expect(await inbox(ann)).toBe(1);
  });

  test("for several recipients is one notice of those who asked for it, from each agency", async () => {
    await using world = await open();
    const [ann, ben, cat, dan, eve] = [
      await person(),
      await person(),
      await person(),
      await person(),
      await person(beta),
    ];
    const list = [
      `<${ann.address}> NOTIFY=SUCCESS`,
      `<${ben.address}> NOTIFY=DELAY,SUCCESS`,
      `<${cat.address}> NOTIFY=NEVER`,
      `<${dan.address}>`,
      `<${eve.address}> NOTIFY=SUCCESS`,
    ];
    expect(await send(world.relay, list)).toMatch(/^250 /);
    const notices = await taken(world.mx, 2);
    await idle();
    const finals = notices.map((one) => recipientsOf(one).map((lines) => lines[0]));
    expect(finals.toSorted((a, b) => b.length - a.length)).toEqual([
      [`Final-Recipient: rfc822; ${ann.address}`, `Final-Recipient: rfc822; ${ben.address}`],
      [`Final-Recipient: rfc822; ${eve.address}`],
    ]);
    for (const one of [ann, ben, cat, dan, eve]) expect(await inbox(one)).toBe(1);
  });

  test("is told of to nobody who did not ask, has no path, or is not proven", async () => {
    await using world = await open();
    const ann = await person();
    for (const notify of ["", " NOTIFY=NEVER", " NOTIFY=FAILURE,DELAY"])
      expect(await send(world.relay, [`<${ann.address}>${notify}`])).toMatch(/^250 /);
    const asked = [`<${ann.address}> NOTIFY=SUCCESS`];
    expect(await send(world.relay, asked, { from: "" })).toMatch(/^250 /);
    expect(await send(world.relay, asked, { from: FORGED })).toMatch(/^250 /);
    await idle();
    expect(world.mx.taken).toEqual([]);
    expect(await inbox(ann)).toBe(5);
  });

  test("that is held back is not told of", async () => {
    await using world = await open();
    const ann = await person();
    const octets = Buffer.from(
      `From: ${SENDER}\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name="a.exe"\r\nContent-Disposition: attachment; filename="a.exe"\r\n\r\nMZ\r\n`,
    );
    expect(await send(world.relay, [`<${ann.address}> NOTIFY=SUCCESS`], { octets })).toMatch(/^250 /);
    await idle();
    expect(world.mx.taken).toEqual([]);
    expect(await inbox(ann)).toBe(0);
    expect(await owner`select 1 from quarantine_items where account_id = ${ann.accountId}`).toHaveLength(1);
  });

  test("in Junk is delivered", async () => {
    await using world = await open();
    const ann = await person();
    const octets = Buffer.from("From: a@one.test, b@two.test\r\nSubject: two authors\r\n\r\nx\r\n");
    expect(await send(world.relay, [`<${ann.address}> NOTIFY=SUCCESS`], { octets })).toMatch(/^250 /);
    expect(recipientsOf((await taken(world.mx, 1))[0])[0]).toContain("Action: delivered");
    const junk = await platform.db.tenant(acme.tenantId, async (tx) =>
      listPlacements(tx, (await readMailboxByRole(tx, ann.accountId, "junk")).id, ALL_UIDS),
    );
    expect(junk).toHaveLength(1);
  });

  test("and not in another that has no room: each is told of as it is, and failures only where they are asked for", async () => {
    await using world = await open();
    const [ann, full, silent] = await newPeople(platform, acme, [undefined, 600, 600]);
    if (ann === undefined || full === undefined || silent === undefined) throw new Error("nobody");
    const octets = Buffer.concat([messageFrom(SENDER), Buffer.from("long\r\n".repeat(200))]);
    const list = [
      `<${full.address}> NOTIFY=SUCCESS,FAILURE`,
      `<${ann.address}> NOTIFY=SUCCESS`,
      `<${silent.address}> NOTIFY=SUCCESS`,
    ];
    expect(await send(world.relay, list, { octets })).toMatch(/^250 /);
    const notices = await taken(world.mx, 2);
    await idle();
    expect(notices.map((one) => recipientsOf(one).map(([final, action]) => [final, action]))).toEqual(
      expect.arrayContaining([
        [[`Final-Recipient: rfc822; ${ann.address}`, "Action: delivered"]],
        [[`Final-Recipient: rfc822; ${full.address}`, "Action: failed"]],
      ]),
    );
    expect(world.mx.taken).toHaveLength(2);
    expect([await inbox(ann), await inbox(full), await inbox(silent)]).toEqual([1, 0, 0]);
    const blobs = await inboxOf(platform, ann);
    expect(withoutTrace(blobs[0] ?? Buffer.alloc(0)).message.equals(octets)).toBe(true);
  });

  test("of the spool is told of once, however often it is filed", async () => {
    await using world = await open();
    const ann = await person();
    const recipient = {
      address: ann.address,
      orcpt: null,
      notify: ["SUCCESS" as const],
      tenantId: acme.tenantId,
    };
    const message = {
      id: "0b0e7a52-6f3e-4cf1-9a1e-2f6f3f1d7b20",
      envelope: {
        traceId: TraceId.parse("0190f000-0000-7000-8000-00000000000b"),
        clientIp: "192.0.2.1",
        mailFrom: SENDER,
        envid: "E1",
        ret: null,
        requireTls: false,
        isProven: true,
        recipients: [recipient],
        verdicts: [{ tenantId: acme.tenantId, kind: "inbox" as const, reasons: [] }],
        trace: "Received: from other.test\r\n",
        receivedAt: Date.now(),
      },
      content: sourceOf(messageFrom(SENDER)),
    };
    for (let n = 0; n < 2; n++)
      await fileSpooled({ outbound: world.relay.outbound, log: world.relay.log }, message);
    const notices = await taken(world.mx, 1);
    await idle();
    expect(notices).toHaveLength(1);
    expect(textOf(notices[0])).toContain("Original-Envelope-Id: E1\r\n");
    expect(await inbox(ann)).toBe(1);
  });
});

describe("a message that goes on", () => {
  const ASKED = " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;ann@old.test";

  test("to one address takes along what was asked for, and its notice comes back by the return path", async () => {
    await using world = await open();
    const ann = await person();
    await forward(platform, acme, ann, ["pat@outside.test"]);
    expect(await send(world.relay, [`<${ann.address}>${ASKED}`], { mail: " RET=FULL ENVID=E+2B2" })).toMatch(
      /^250 /,
    );
    const [copy] = await taken(world.mx, 1);
    expect(copy?.to).toEqual(["pat@outside.test"]);
    expect(copy?.dsn).toEqual({
      ret: "FULL",
      envid: "E+2",
      recipients: [{ notify: "SUCCESS,FAILURE", orcpt: "rfc822;ann@old.test" }],
    });
    await idle();
    expect(world.mx.taken).toHaveLength(1);
    // What the next server says of it is for whoever sent it first.
    expect(await send(world.relay, [`<${copy?.from ?? ""}>`], { from: "" })).toMatch(/^250 /);
    expect((await taken(world.mx, 2))[1]).toMatchObject({ from: "", to: [SENDER] });
  });

  test("names the address that was written to when its sender named none, and asks for nothing unasked", async () => {
    await using world = await open();
    const ann = await person();
    await forward(platform, acme, ann, ["pat@outside.test"]);
    await send(world.relay, [`<${ann.address}> NOTIFY=SUCCESS`]);
    await send(world.relay, [`<${ann.address}> NOTIFY=NEVER`]);
    await send(world.relay, [`<${ann.address}>`]);
    const copies = await taken(world.mx, 3);
    expect(copies.map((one) => one.dsn.recipients[0])).toEqual(
      expect.arrayContaining([
        { notify: "SUCCESS", orcpt: `rfc822;${ann.address}` },
        { notify: "NEVER", orcpt: null },
        { notify: null, orcpt: null },
      ]),
    );
  });

  test("to a server that knows nothing of it: its sender hears that it was passed on", async () => {
    await using world = await open(false);
    const ann = await person();
    await forward(platform, acme, ann, ["pat@outside.test"]);
    expect(await send(world.relay, [`<${ann.address}>${ASKED}`], { mail: " ENVID=E3" })).toMatch(/^250 /);
    const notice = (await taken(world.mx, 2))[1];
    expect(notice).toMatchObject({ from: "", to: [SENDER] });
    expect(recipientsOf(notice)).toEqual([
      [
        "Original-Recipient: rfc822; ann@old.test",
        "Final-Recipient: rfc822; pat@outside.test",
        "Action: relayed",
        "Status: 2.1.9",
      ],
    ]);
    expect(textOf(notice)).toContain("Original-Envelope-Id: E3\r\n");
    await idle();
    expect(world.mx.taken).toHaveLength(2);
  });

  test("to a group, or to more than one, is expanded here; the others are asked for failures alone", async () => {
    await using world = await open();
    const [ann, ben, keeps] = [await person(), await person(), await person()];
    const group = await newGroup(platform, acme, [ann.address, ben.address, "list@outside.test"]);
    await forward(platform, acme, keeps, ["pat@outside.test"], true);
    expect(await send(world.relay, [`<${group}>${ASKED}`, `<${keeps.address}> NOTIFY=SUCCESS`])).toMatch(
      /^250 /,
    );
    const all = await taken(world.mx, 2);
    await idle();
    const notices = all.filter((one) => one.from === "");
    expect(notices.map((one) => recipientsOf(one).map((lines) => lines.slice(-3)))).toEqual([
      [
        [`Final-Recipient: rfc822; ${group}`, "Action: expanded", "Status: 2.1.5"],
        [`Final-Recipient: rfc822; ${keeps.address}`, "Action: expanded", "Status: 2.1.5"],
      ],
    ]);
    const copies = all.filter((one) => one.from !== "");
    expect(copies.flatMap((one) => one.to.map((to, i) => [to, one.dsn.recipients[i]?.notify]))).toEqual(
      expect.arrayContaining([
        ["list@outside.test", "FAILURE"],
        ["pat@outside.test", "NEVER"],
      ]),
    );
    expect([await inbox(ann), await inbox(ben), await inbox(keeps)]).toEqual([1, 1, 1]);
  });

  test("for a sender who is not proven asks nobody for a notice of success", async () => {
    await using world = await open();
    const ann = await person();
    await forward(platform, acme, ann, ["pat@outside.test"]);
    for (const notify of ["SUCCESS", "SUCCESS,FAILURE"])
      expect(await send(world.relay, [`<${ann.address}> NOTIFY=${notify}`], { from: FORGED })).toMatch(
        /^250 /,
      );
    const copies = await taken(world.mx, 2);
    await idle();
    expect(
      copies.map((one) => one.dsn.recipients[0]?.notify ?? "").toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(["FAILURE", "NEVER"]);
    expect(world.mx.taken).toHaveLength(2);
  });
});

test("a failure returns the message to who sent it here, if RET asks for all of it; to a stranger never", async () => {
  await using world = await open();
  world.mx.refuse.set("gone@outside.test", { code: 550, text: "5.1.1 No such user" });
  const [ann, forwards] = [await person(), await person()];
  const octets = messageFrom(ann.address);
  for (const [n, ret] of ["HDRS", "FULL"].entries()) {
    const client = await world.relay.submission(ann.address);
    await client.pipeline([
      `MAIL FROM:<${ann.address}> RET=${ret} ENVID=${ret}`,
      "RCPT TO:<gone@outside.test>",
      "DATA",
    ]);
    expect((await client.content(octets)).code).toBe(250);
    client.close();
    await until(async () => (await inbox(ann)) === n + 1);
  }
  const texts = (await inboxOf(platform, ann)).map((one) => one.toString());
  const [short, full] = ["HDRS", "FULL"].map((id) => texts.find((one) => one.includes(`Envelope-Id: ${id}`)));
  expect(short).toContain("Content-Type: text/rfc822-headers\r\n");
  expect(short).not.toContain("Text.");
  expect(full).toContain("Content-Type: message/rfc822\r\n");
  expect(full).toContain(octets.toString());

  await forward(platform, acme, forwards, ["gone@outside.test"]);
  expect(await send(world.relay, [`<${forwards.address}>`], { mail: " RET=FULL" })).toMatch(/^250 /);
  const [notice] = await taken(world.mx, 1);
  expect(textOf(notice)).toContain("Action: failed");
  expect(textOf(notice)).not.toContain("Text.");
});
