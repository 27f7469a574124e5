import { createHash } from "node:crypto";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import {
  deleteSuppression,
  insertSuppression,
  listAlerts,
  listHolds,
  listSuppressions,
  type Outbound,
  readSubmissions,
  readUnsubscribeToken,
  submit,
  type Submitted,
  takeFeedback,
  unsubscribe,
} from "../../src/outbound/index.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { type FakeMx, startFakeMx } from "../support/fake-mx.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import {
  type Agency,
  inboxOf,
  newPeople,
  type SmtpRelay,
  startSmtpRelay,
  until,
} from "../support/smtp-relay.ts";

let platform: TestPlatform;
let owner: postgres.Sql;
let mx: FakeMx;
let relay: SmtpRelay;
let acme: Agency;
let sender: Principal;
let admin: Principal;
let count = 0;

beforeAll(async () => {
  platform = await testPlatform();
  owner = postgres(platform.database.ownerUrl, { max: 2, onnotice: () => undefined });
  mx = await startFakeMx();
  relay = await startSmtpRelay(platform, {
    dns: {
      mx: { "other.test": [{ exchange: "mx.other.test", priority: 1 }] },
      a: { "mx.other.test": ["127.0.0.1"] },
    },
    delivery: {
      port: mx.port,
      pollMs: 100,
      timeouts: { connectMs: 2_000, commandMs: 4_000, finalMs: 4_000 },
    },
  });
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await mx[Symbol.asyncDispose]();
  await owner.end();
  await platform[Symbol.asyncDispose]();
});
beforeEach(async () => {
  mx.refuse.clear();
  mx.taken.length = 0;
  const slug = `agency${++count}`;
  acme = { slug, domain: `${slug}.test`, tenantId: await platform.tenant(slug, `${slug}.test`) };
  await owner`update tenants set created_at = now() - interval '90 days' where id = ${acme.tenantId}`;
  const [a, b] = await newPeople(platform, acme, [undefined, undefined]);
  if (a === undefined || b === undefined) throw new Error("nobody");
  [sender, admin] = [a, b];
  await platform.db.tenant(acme.tenantId, (tx) => insertRole(tx, admin.accountId, "owner"));
});

function hand(to: readonly string[], fields = "", outbound: Outbound = relay.outbound): Promise<Submitted> {
  const text = `From: ${sender.address}\r\nTo: undisclosed:;\r\nSubject: News\r\n${fields}\r\nx\r\n`;
  return submit(outbound, sender, {
    content: sourceOf(new TextEncoder().encode(text)),
    envelope: {
      mailFrom: sender.address,
      rcptTo: to.map((address) => ({ address, notify: null, orcpt: null })),
      smtpUtf8: false,
      ret: null,
      envid: null,
    },
    received: "",
    removeBcc: false,
  });
}

const BULK = "Precedence: bulk\r\n";
const suppressed = async () =>
  (await platform.db.tenant(acme.tenantId, (tx) => listSuppressions(tx, { after: ["", ""], limit: 99 }))).map(
    ({ address, sender: whose, reason }) => ({ address, sender: whose, reason }),
  );
const recipients = async ({ id }: Submitted) =>
  (await platform.db.tenant(acme.tenantId, (tx) => readSubmissions(tx, sender.accountId, [id])))[0]
    ?.recipients ?? [];
const tried = (sent: Submitted) =>
  until(async () => (await recipients(sent)).every((to) => to.smtpReply !== null));
/** The header of what the other side got last, unfolded. */
async function got(sent: Submitted): Promise<string> {
  await tried(sent);
  const text = mx.taken.at(-1)?.octets.toString() ?? "";
  return text.slice(0, text.indexOf("\r\n\r\n") + 2).replaceAll(/\r\n[ \t]+/g, " ");
}
const suppress = (address: string, whose = "") =>
  platform.db.tenant(acme.tenantId, (tx) =>
    insertSuppression(tx, { address, sender: whose, reason: "admin", detail: "" }, Date.now()),
  );

describe("bulk mail", () => {
  test("to one recipient has a link that unsubscribes with one click, and the sender's own is left alone", async () => {
    const header = await got(await hand(["Reader@other.test"], BULK));
    const link =
      /^List-Unsubscribe: <https:\/\/mx\.hosted\.test\/unsubscribe\/([A-Za-z0-9_-]+)>, <mailto:(\S+)\?subject=unsubscribe>\r$/m.exec(
        header,
      );
    expect(link?.[2]).toBe(sender.address);
    expect(header).toContain("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
    // Nobody reads from it whose mail it is.
    const sealed = Buffer.from(link?.[1] ?? "", "base64url").toString("latin1");
    expect(sealed).not.toMatch(/reader|other\.test/i);
    expect(sealed).not.toContain(sender.address);
    const token = await readUnsubscribeToken(relay.outbound, link?.[1] ?? "");
    expect(token).toEqual({
      tenantId: acme.tenantId,
      sender: sender.address,
      recipient: "reader@other.test",
    });
    const own = await got(await hand(["Reader@other.test"], "List-Unsubscribe: <https://x.test/u>\r\n"));
    expect(own.match(/^List-Unsubscribe/gm)).toHaveLength(1);
    expect(own).toContain("List-Unsubscribe: <https://x.test/u>\r\n");
    expect(own).toMatch(/^X-Angelia-Ref: [A-Za-z0-9_-]+\r$/m);
  });

  test("to several names the sender's address, since one link can't be everybody's; personal mail has nothing added", async () => {
    const header = await got(await hand(["a@other.test", "b@other.test"], BULK));
    expect(header).toContain(`\r\nList-Unsubscribe: <mailto:${sender.address}?subject=unsubscribe>\r\n`);
    expect(header).not.toContain("List-Unsubscribe-Post");
    const personal = await got(await hand(["a@other.test"]));
    expect(personal).not.toMatch(/List-Unsubscribe|X-Angelia/);
    const many = await hand(Array.from({ length: 50 }, (_, i) => `m${i}@other.test`));
    expect(await got(many)).toContain("\r\nList-Unsubscribe: <mailto:");
  });

  test("leaves from another address than personal mail", async () => {
    const poolOf = async (sent: Submitted) =>
      (await owner`select pool from submissions where id = ${sent.id}`)[0]?.["pool"];
    expect(await poolOf(await hand(["a@other.test"]))).toBe("main");
    expect(await poolOf(await hand(["a@other.test"], BULK))).toBe("bulk");
    await owner`update tenants set created_at = now() where id = ${acme.tenantId}`;
    expect(await poolOf(await hand(["a@other.test"]))).toBe("new");
  });

  test("a link works as often as it is called, for one sender and one recipient, and only whole", async () => {
    const header = await got(await hand(["reader@other.test"], BULK));
    const token = /\/unsubscribe\/([A-Za-z0-9_-]+)>/.exec(header)?.[1] ?? "";
    for (const wrong of [
      "",
      "x",
      token.slice(1),
      `${token}A`,
      token.replace(/.$/, (c) => (c === "A" ? "B" : "A")),
    ])
      expect(await readUnsubscribeToken(relay.outbound, wrong)).toBeNull();
    const reference = /^X-Angelia-Ref: (\S+)\r$/m.exec(header)?.[1] ?? "";
    expect(await readUnsubscribeToken(relay.outbound, reference)).toBeNull();
    const claim = await readUnsubscribeToken(relay.outbound, token);
    if (claim === null) throw new Error("our own token");
    await unsubscribe(relay.outbound, claim);
    await unsubscribe(relay.outbound, claim);
    expect(await suppressed()).toEqual([
      { address: "reader@other.test", sender: sender.address, reason: "unsubscribe" },
    ]);
    await expect(hand(["reader@other.test"], BULK)).rejects.toMatchObject({ code: "recipient_suppressed" });
    await got(await hand(["reader@other.test"]));
    const [colleague] = await newPeople(platform, acme, [undefined]);
    if (colleague === undefined) throw new Error("nobody");
    sender = colleague;
    await got(await hand(["reader@other.test"], BULK));
  });
});

describe("addresses that get no bulk mail", () => {
  test("are those that were refused twice because nobody is there, and personal mail still goes", async () => {
    mx.refuse.set("gone@other.test", { code: 550, text: "5.1.1 No such user" });
    mx.refuse.set("angry@other.test", { code: 550, text: "5.7.1 You are not welcome" });
    await tried(await hand(["gone@other.test", "angry@other.test"]));
    expect(await suppressed()).toEqual([]);
    await got(await hand(["gone@other.test"], BULK));
    await until(async () => (await suppressed()).length > 0);
    expect(await suppressed()).toEqual([{ address: "gone@other.test", sender: "", reason: "bounce" }]);
    await expect(hand(["Gone@OTHER.test"], BULK)).rejects.toMatchObject({ code: "recipient_suppressed" });
    mx.refuse.clear();
    await tried(await hand(["gone@other.test"]));
    expect(mx.taken.at(-1)?.to).toEqual(["gone@other.test"]);
  });

  test("are known by the words of servers that give no status code", async () => {
    mx.refuse.set("bare@other.test", { code: 550, text: "User unknown" });
    mx.refuse.set("rated@other.test", {
      code: 550,
      text: "5.2.1 This user gets mail at a rate that is too high",
    });
    await tried(await hand(["bare@other.test", "rated@other.test"]));
    await tried(await hand(["bare@other.test", "rated@other.test"]));
    await until(async () => (await suppressed()).some((one) => one.address === "bare@other.test"));
    expect((await suppressed()).map((one) => one.address)).not.toContain("rated@other.test");
    mx.refuse.clear();
  });

  test("are left out of a message to many, and the sender hears of them at once", async () => {
    await suppress("out@other.test");
    const sent = await hand(["in@other.test", "out@other.test"], BULK);
    await tried(sent);
    expect(await recipients(sent)).toMatchObject([
      { address: "in@other.test", delivered: "unknown" },
      {
        address: "out@other.test",
        delivered: "no",
        smtpReply: "550 5.7.1 No bulk mail is sent there: your administrator put it on the list",
      },
    ]);
    expect(mx.taken.flatMap((one) => one.to)).toEqual(["in@other.test"]);
    const [notice, ...more] = (await inboxOf(platform, sender)).map((one) => one.toString());
    expect(more).toEqual([]);
    expect(notice).toContain(
      "Final-Recipient: rfc822; out@other.test\r\nAction: failed\r\nStatus: 5.7.1\r\n",
    );
    expect(notice).not.toContain("in@other.test");
  });

  test("a client on the other end of SMTP is refused with a reason", async () => {
    await suppress("out@other.test");
    const client = await relay.submission(sender.address);
    await client.command(`MAIL FROM:<${sender.address}>`);
    await client.command("RCPT TO:<out@other.test>");
    await client.command("DATA");
    const said = await client.command(`From: ${sender.address}\r\n${BULK}\r\nx\r\n.`);
    expect(said.text).toMatch(/^550 5\.7\.1 These recipients want no bulk mail/);
    client.close();
  });

  test("are each agency's own list", async () => {
    const tenantId = await platform.tenant(`beta${count}`, `beta${count}.test`);
    await platform.db.tenant(tenantId, (tx) =>
      insertSuppression(tx, { address: "a@other.test", sender: "", reason: "admin", detail: "" }, Date.now()),
    );
    await got(await hand(["a@other.test"], BULK));
    await suppress("b@other.test");
    expect(await platform.db.tenant(tenantId, (tx) => deleteSuppression(tx, "b@other.test"))).toBe(false);
    expect(await suppressed()).toHaveLength(1);
  });
});

const report = (header: string, rcpt: string, n = 0) =>
  [
    "From: <fbl@receiver.test>",
    `To: <abuse@${acme.domain}>`,
    `Subject: complaint ${n}`,
    "MIME-Version: 1.0",
    'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "Unwanted.",
    "--b",
    "Content-Type: message/feedback-report",
    "",
    "Feedback-Type: abuse",
    "User-Agent: X/1",
    "Version: 1",
    `Original-Rcpt-To: <${rcpt}>`,
    "",
    "--b",
    "Content-Type: message/rfc822",
    "",
    header,
    "",
    "Buy!",
    "--b--",
    "",
  ].join("\r\n");
const complaints = async () =>
  (
    await owner<{ n: number }[]>`select count(*)::int as n from complaints where tenant_id = ${acme.tenantId}`
  )[0]?.n;
const take = (text: string) => takeFeedback(relay.outbound, new TextEncoder().encode(text));

describe("complaints of other systems", () => {
  test("arrive at abuse@, are kept there, count once, and their author gets no more bulk mail", async () => {
    const header = (await got(await hand(["reader@other.test"], BULK))).trimEnd();
    const text = report(header, "reader@other.test");
    for (let i = 0; i < 2; i++) {
      const client = await relay.mx();
      await client.command("MAIL FROM:<fbl@receiver.test>");
      expect((await client.command(`RCPT TO:<abuse@${acme.domain}>`)).code).toBe(250);
      await client.command("DATA");
      expect((await client.command(`${text.replaceAll(/^\./gm, "..")}.`)).code).toBe(250);
      client.close();
    }
    expect(await complaints()).toBe(1);
    expect(await suppressed()).toEqual([{ address: "reader@other.test", sender: "", reason: "complaint" }]);
    const inbox = (await inboxOf(platform, admin)).map((one) => one.toString());
    expect(inbox.filter((one) => one.includes("Feedback-Type: abuse"))).toHaveLength(2);
    expect(relay.log.lines).toContainEqual({ event: "complaint", outcome: "counted" });
    expect(relay.log.lines).toContainEqual({ event: "complaint", outcome: "known" });
  });

  test("about personal mail are believed when that sender wrote to that recipient, and not otherwise", async () => {
    const header = `From: ${sender.address}\r\nMessage-ID: <x@y>`;
    expect(await take(report(header, "reader@other.test"))).toBe("unattributed");
    await tried(await hand(["Reader@other.test"]));
    expect(await take(report(header, "reader@other.test"))).toBe("counted");
    expect(await take(report(header, "somebody@else.test"))).toBe("unattributed");
    expect(await take(report("From: x@unknown.test", "reader@other.test"))).toBe("unattributed");
    expect(await take(report("X-Angelia-Ref: AAAA", "reader@other.test"))).toBe("unattributed");
    expect(await take(`From: a@b.test\r\n\r\n${createHash("sha1").digest("hex")}`)).toBe("no_report");
    expect(await complaints()).toBe(1);
  });

  test("in number are told to administrators, and hold an account when they show that its mail was really seen", async () => {
    const header = (await got(await hand(["reader@other.test"], BULK))).trimEnd();
    const plain = `From: ${sender.address}`;
    for (let i = 0; i < 9; i++) await take(report(plain, "reader@other.test", i));
    expect(await platform.db.tenant(acme.tenantId, (tx) => listAlerts(tx, 9))).toMatchObject([
      { kind: "complaints", subject: sender.address },
    ]);
    for (let i = 0; i < 5; i++) await take(report(plain, "reader@other.test", 100 + i));
    expect(await platform.db.tenant(acme.tenantId, listHolds)).toEqual([]);
    await take(report(header, "reader@other.test", 1));
    expect(await platform.db.tenant(acme.tenantId, listHolds)).toMatchObject([{ reason: "complaints" }]);
    expect((await hand(["b@other.test"])).held).toBe("complaints");
  });
});
