import { generateKeyPairSync } from "node:crypto";
import { authenticate, type AuthenticateResult, dkimSign, spf } from "mailauth";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sealForwardWith } from "../../smtp-relay/signing/seal-forward.ts";
import { signOutgoing } from "../../smtp-relay/signing/sign-outgoing.ts";
import { ALL_UIDS, listPlacements, readMailboxByRole } from "../../src/mailstore/index.ts";
import { beginAttempts, deliverHere, leaseDue } from "../../src/outbound/index.ts";
import { newSigning, ROTATION_DEFAULTS, rotateDomain, type ZoneRecord } from "../../src/signing/index.ts";
import { listForwards, makeReturnAddress, type Principal, setCatchAll } from "../../src/tenants/index.ts";
import {
  asOperator,
  deliveryTo,
  forward,
  messageFrom,
  newGroup,
  sendIn,
  somebody,
  startFakeMx,
  taken,
  worldOf,
} from "../support/addresses.ts";
import type { FakeMx } from "../support/fake-mx.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import {
  type Agency,
  type FakeDns,
  inboxOf,
  type SmtpRelay,
  startSmtpRelay,
  until,
} from "../support/smtp-relay.ts";

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
const countIn = (one: Principal, role: "inbox" | "junk"): Promise<number> =>
  platform.db.tenant(one.tenantId, async (tx) => {
    const box = await readMailboxByRole(tx, one.accountId, role);
    return (await listPlacements(tx, box.id, ALL_UIDS)).length;
  });
const inbox = (one: Principal): Promise<number> => countIn(one, "inbox");
const textOf = (octets: Buffer | undefined): string => octets?.toString("latin1") ?? "";
/** Nothing waits to be sent. */
const idle = () =>
  until(
    async () =>
      (await owner`select 1 from outbound_queue where due_at < now() + interval '10 minutes'`).length === 0,
  );

interface World extends AsyncDisposable {
  readonly mx: FakeMx;
  readonly relay: SmtpRelay;
}
async function open(
  dns: FakeDns = worldOf("remote.test", "outside.test", "acme.test", "beta.test"),
): Promise<World> {
  await owner`delete from outbound_queue`;
  const mx = await startFakeMx({ hideENHANCEDSTATUSCODES: false });
  const relay = await startSmtpRelay(platform, { dns, delivery: deliveryTo(mx) });
  return {
    mx,
    relay,
    async [Symbol.asyncDispose]() {
      await relay.stop();
      await mx[Symbol.asyncDispose]();
    },
  };
}

describe("a forward", () => {
  test("goes out from a return path at our domain that SPF allows; the message is untouched behind the trace", async () => {
    await using world = await open();
    const ann = await person();
    await forward(platform, acme, ann, ["Pat.X@outside.test"]);
    const octets = messageFrom("someone@remote.test");
    expect(await sendIn(world.relay, [ann.address.replace("@", "+news@")], { octets })).toMatch(/^250 /);
    const [copy] = await taken(world.mx, 1);
    expect(copy?.to).toEqual(["Pat.X@outside.test"]);
    expect(copy?.from).toMatch(/^SRS0=[A-Z2-7]{8}=..=remote\.test=someone@acme\.test$/);
    expect(copy?.octets.subarray(-octets.length).equals(octets)).toBe(true);
    const trace = textOf(copy?.octets.subarray(0, -octets.length));
    expect(trace).toMatch(/^X-Loop-Marks: [A-Z2-7]{16}\r\nAuthentication-Results: mx\.hosted\.test;/);
    expect(trace).toContain("\r\nReceived: from client.test");
    expect(trace).not.toContain("Return-Path");
    expect(await inbox(ann)).toBe(0);
    const checked = await spf({
      sender: copy?.from ?? "",
      ip: "127.0.0.1",
      helo: "mx.hosted.test",
      resolver: (name, type) =>
        world.relay.resolver.txt(name).then((list) => (type === "TXT" ? list.map((one) => [one]) : [])),
    });
    expect(checked).toMatchObject({ domain: "acme.test", status: { result: "pass" } });
  });

  test("keeps a copy where it is asked to; two targets and a group beside it get one message each", async () => {
    await using world = await open();
    const [ann, ben] = [await person(), await person()];
    await forward(
      platform,
      acme,
      ann,
      ["pat@outside.test", "Pat@OUTSIDE.test", "sam@outside.test", ben.address],
      true,
    );
    const group = await newGroup(platform, acme, [ann.address, ben.address, "pat@outside.test"]);
    expect(await sendIn(world.relay, [ann.address, group, ben.address])).toMatch(/^250 /);
    const copies = await taken(world.mx, 1);
    await idle();
    expect(copies.flatMap((one) => one.to).toSorted()).toEqual(["Pat@OUTSIDE.test", "sam@outside.test"]);
    expect([await inbox(ann), await inbox(ben)]).toEqual([1, 1]);
  });

  test("of a message without a sender has none either, and a catch-all may lead outside", async () => {
    await using world = await open();
    await setCatchAll(platform.tenancy, asOperator(beta), "beta.test", "box@outside.test");
    expect(await sendIn(world.relay, ["whoever@beta.test"], { from: "" })).toMatch(/^250 /);
    const [copy] = await taken(world.mx, 1);
    expect(copy).toMatchObject({ from: "", to: ["box@outside.test"] });
    await owner`delete from catch_alls`;
  });

  test("sends no spam on: it stays in Junk, also of who keeps no copy", async () => {
    const dns = worldOf("remote.test", "outside.test");
    const txt = { ...dns.txt, "bank.test": ["v=spf1 -all"], "_dmarc.bank.test": ["v=DMARC1; p=quarantine"] };
    await using world = await open({ ...dns, txt });
    const ann = await person();
    await forward(platform, acme, ann, ["pat@outside.test"]);
    expect(await sendIn(world.relay, [ann.address], { from: "ceo@bank.test" })).toMatch(/^250 /);
    expect([await countIn(ann, "junk"), await inbox(ann)]).toEqual([1, 0]);
    // A group that has nobody here can't keep it.
    const group = await newGroup(platform, acme, ["pat@outside.test"]);
    expect(await sendIn(world.relay, [group], { from: "ceo@bank.test" })).toMatch(/^550 5\.7\.1 .*spam/);
    await idle();
    expect(world.mx.taken).toEqual([]);
  });

  test("of mail from another agency here is claimed with its commit: a second attempt sends nothing", async () => {
    await owner`delete from outbound_queue`;
    await using relay = await startSmtpRelay(platform);
    const [ann, dan] = [await person(), await person(beta)];
    await forward(platform, acme, ann, ["pat@outside.test"], true);
    const client = await relay.submission(dan.address);
    expect(
      (await client.send({ from: dan.address, to: [ann.address] }, messageFrom(dan.address))).text,
    ).toMatch(/^250 /);
    client.close();
    const now = Date.now();
    const [lease] = await platform.db.system("a test", (tx) =>
      leaseDue(tx, { now, until: now + 60_000, limit: 1 }),
    );
    if (lease === undefined) throw new Error("nothing was due");
    const entry = (await platform.db.tenant(beta.tenantId, (tx) => beginAttempts(tx, [lease]))).get(lease.id);
    if (entry === undefined) throw new Error("nothing was there");
    for (let attempt = 0; attempt < 2; attempt++)
      expect((await deliverHere(relay.outbound, lease, entry)).results).toMatchObject([
        { outcome: "delivered" },
      ]);
    expect(await inbox(ann)).toBe(1);
    const sent =
      await owner`select mail_from from submissions s join outbound_queue q on q.submission_id = s.id where q.domain = 'outside.test'`;
    expect(sent).toHaveLength(1);
    expect(sent[0]?.["mail_from"]).toMatch(/^SRS0=.*=beta\.test=.*@acme\.test$/);
  });
});

describe("what comes back", () => {
  test("a refusal goes once to whoever sent it first, by the return path", async () => {
    await using world = await open();
    world.mx.refuse.set("gone@outside.test", { code: 550, text: "5.1.1 No such user" });
    const ann = await person();
    await forward(platform, acme, ann, ["gone@outside.test"]);
    expect(await sendIn(world.relay, [ann.address])).toMatch(/^250 /);
    const [notice] = await taken(world.mx, 1);
    expect(notice).toMatchObject({ from: "", to: ["someone@remote.test"] });
    expect(textOf(notice?.octets)).toContain("No such user");
    await idle();
    expect(world.mx.taken).toHaveLength(1);
  });

  test("a domain that takes no mail at all (null MX) is one notice, and no loop", async () => {
    const dns = worldOf("remote.test", "nomail.test");
    await using world = await open({
      ...dns,
      mx: { ...dns.mx, "nomail.test": [{ exchange: "", priority: 0 }] },
    });
    const ann = await person();
    await forward(platform, acme, ann, ["pat@nomail.test"]);
    expect(await sendIn(world.relay, [ann.address])).toMatch(/^250 /);
    const [notice] = await taken(world.mx, 1);
    expect(notice?.to).toEqual(["someone@remote.test"]);
    expect(textOf(notice?.octets)).toContain("5.1.10");
    await idle();
    expect(world.mx.taken).toHaveLength(1);
  });

  test("a notice to a return path goes on to what is in it; everything else is refused there", async () => {
    await using world = await open();
    const { tenancy } = platform;
    const make = (sender: string, days = 0): Promise<string | null> => {
      const clock = (): number => tenancy.clock() - days * 86_400_000;
      return makeReturnAddress({ keys: tenancy.keys, clock }, acme.tenantId, sender, "acme.test");
    };
    const path = (await make("Someone.Else@remote.test")) ?? "";
    expect(await sendIn(world.relay, [path], { from: "" })).toMatch(/^250 /);
    const [notice] = await taken(world.mx, 1);
    expect(notice).toMatchObject({ from: "", to: ["Someone.Else@remote.test"] });
    // Of a return path of another host, that host hears.
    const twice = (await make("SRS0=AAAA=BB=first.test=x@remote.test")) ?? "";
    expect(twice).toMatch(/^SRS1=/);
    expect(await sendIn(world.relay, [twice], { from: "" })).toMatch(/^250 /);
    expect((await taken(world.mx, 2))[1]?.to).toEqual(["SRS0=AAAA=BB=first.test=x@remote.test"]);

    expect(await sendIn(world.relay, [path], { from: "spammer@remote.test" })).toMatch(/^550 5\.7\.1/);
    expect(await sendIn(world.relay, [path.replace("remote", "victim")], { from: "" })).toMatch(
      /^550 5\.1\.1/,
    );
    expect(await sendIn(world.relay, [path.replace("acme.test", "beta.test")], { from: "" })).toMatch(
      /^550 5\.1\.1/,
    );
    expect(await sendIn(world.relay, [(await make("x@remote.test", 20)) ?? ""], { from: "" })).toMatch(
      /^550 5\.1\.1/,
    );
    expect(await sendIn(world.relay, [(await make("x@remote.test", 13)) ?? ""], { from: "" })).toMatch(
      /^250 /,
    );
  });

  test("five refusals in a row: the owner gets one letter, and it shows; a success ends it", async () => {
    await using world = await open();
    world.mx.refuse.set("gone2@outside.test", { code: 550, text: "5.1.1 No such user" });
    const ann = await person();
    await forward(platform, acme, ann, ["gone2@outside.test"]);
    const state = async () =>
      (await platform.db.tenant(acme.tenantId, (tx) => listForwards(tx, ann.accountId)))[0]?.targets[0];
    for (let n = 1; n <= 6; n++) {
      await sendIn(world.relay, [ann.address]);
      await until(async () => (await state())?.failures === n);
      expect(typeof (await state())?.failingSince).toBe(n < 5 ? "object" : "string");
      expect(await inbox(ann)).toBe(n < 5 ? 0 : 1);
    }
    const [letter] = await inboxOf(platform, ann);
    expect(textOf(letter)).toContain("gone2@outside.test");
    expect(textOf(letter)).toContain("Auto-Submitted: auto-generated");
    world.mx.refuse.clear();
    await sendIn(world.relay, [ann.address]);
    await until(async () => (await state())?.failures === 0);
    expect(await state()).toMatchObject({ failingSince: null, lastReply: null });
  });
});

describe("loops end after one round, and the message is in a mailbox", () => {
  test("two people here who forward to each other and keep nothing", async () => {
    await using world = await open();
    const [ann, ben] = [await person(), await person()];
    await forward(platform, acme, ann, [ben.address]);
    await forward(platform, acme, ben, [ann.address]);
    expect(await sendIn(world.relay, [ann.address])).toMatch(/^250 /);
    expect((await inbox(ann)) + (await inbox(ben))).toBe(1);
  });

  test("two people of two agencies", async () => {
    await using world = await open();
    const [ann, dan] = [await person(), await person(beta)];
    await forward(platform, acme, ann, [dan.address]);
    await forward(platform, beta, dan, [ann.address]);
    expect(await sendIn(world.relay, [ann.address])).toMatch(/^250 /);
    await until(async () => (await inbox(ann)) === 1);
    await idle();
    expect([await inbox(ann), await inbox(dan)]).toEqual([1, 0]);
    expect(world.mx.taken).toEqual([]);
  });

  test("by way of a server elsewhere that sends back: of one, and of two forwards in a row", async () => {
    await using world = await open();
    const [ann, ben] = [await person(), await person()];
    await forward(platform, acme, ann, ["back-to-ben@outside.test"]);
    await forward(platform, acme, ben, ["back-to-ann@outside.test"]);
    expect(await sendIn(world.relay, [ann.address])).toMatch(/^250 /);
    // What the other server does: the same octets, with its own return path.
    const back = async (n: number, to: Principal): Promise<string> => {
      const copy = (await taken(world.mx, n))[n - 1];
      const octets = Buffer.concat([
        Buffer.from("Received: from mx.hosted.test by mx.outside.test; Sat, 21 Nov 2026 10:00:00 +0200\r\n"),
        copy?.octets ?? Buffer.alloc(0),
      ]);
      return sendIn(world.relay, [to.address], { from: "SRS0=x=y=acme.test=z@outside.test", octets });
    };
    expect(await back(1, ben)).toMatch(/^250 /);
    expect(await back(2, ann)).toMatch(/^250 /);
    await idle();
    expect(world.mx.taken).toHaveLength(2);
    expect([await inbox(ann), await inbox(ben)]).toEqual([1, 0]);
  });

  test("a group whose member elsewhere sends back: nobody has it twice", async () => {
    await using world = await open();
    const ann = await person();
    const group = await newGroup(platform, acme, [ann.address, "list@outside.test"]);
    expect(await sendIn(world.relay, [group])).toMatch(/^250 /);
    const octets = (await taken(world.mx, 1))[0]?.octets ?? Buffer.alloc(0);
    expect(await sendIn(world.relay, [group], { octets })).toMatch(/^554 5\.4\.6/);
    expect(await inbox(ann)).toBe(1);
    // Marks of somebody else stop nothing.
    const forged = Buffer.concat([
      Buffer.from("X-Loop-Marks: AAAAAAAAAAAAAAAA\r\n"),
      messageFrom("someone@remote.test"),
    ]);
    expect(await sendIn(world.relay, [group], { octets: forged })).toMatch(/^250 /);
    expect(await inbox(ann)).toBe(2);
  });
});

const sealerOf = ({ arc }: AuthenticateResult): unknown =>
  arc !== false && Array.isArray(arc.chain) ? arc.chain.at(-1)?.["arc-seal"]?.parsed?.d?.value : null;

/** What the seal says that was found when the message came in. */
const sealedResults = (copy: FakeMx["taken"][number] | undefined): string =>
  /^ARC-Authentication-Results: i=1; mx\.hosted\.test;(?:.*\r\n[ \t])*.*/m.exec(textOf(copy?.octets))?.[0] ??
  "";

test("ARC: the next server sees that the message was right when it came here, and who sends it on", async () => {
  const zone: Record<string, readonly string[]> = {};
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const spki = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const signing = newSigning({ db: platform.db, keys: platform.tenancy.keys, clock: Date.now, zone: "test" });
  const push = (records: readonly ZoneRecord[]): Promise<void> => {
    for (const { name, value } of records) zone[name] = [value];
    return Promise.resolve();
  };
  const lookUp = (name: string): Promise<string[]> => Promise.resolve([...(zone[name] ?? [])]);
  await rotateDomain({ signing, times: ROTATION_DEFAULTS, lookUp, push, log }, acme.tenantId, "acme.test");
  const dns = worldOf("remote.test", "outside.test", "acme.test");
  const txt = {
    ...dns.txt,
    ...zone,
    "k._domainkey.remote.test": [`v=DKIM1; k=rsa; p=${spki}`],
    "_dmarc.remote.test": ["v=DMARC1; p=reject"],
  };
  await owner`delete from outbound_queue`;
  await using mx = await startFakeMx();
  const signer = { signing, log };
  await using relay = await startSmtpRelay(platform, {
    dns: { ...dns, txt },
    delivery: deliveryTo(mx),
    sealForward: sealForwardWith(signer),
    sign: (tenantId, entry, content) => signOutgoing(signer, tenantId, entry, content),
  });
  const resolver = (name: string): Promise<string[][]> => {
    const texts = Object.entries(txt).find(([key]) => key === name)?.[1];
    return texts === undefined
      ? Promise.reject(Object.assign(new Error("none"), { code: "ENOTFOUND" }))
      : Promise.resolve(texts.map((one) => [one]));
  };
  const check = (copy: FakeMx["taken"][number] | undefined) =>
    authenticate(copy?.octets ?? Buffer.alloc(0), {
      sender: copy?.from ?? "",
      ip: "127.0.0.1",
      helo: "mx.hosted.test",
      resolver,
      disableBimi: true,
    });
  const plain = messageFrom("someone@remote.test");
  const key = {
    signingDomain: "remote.test",
    selector: "k",
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
  const { signatures } = await dkimSign(plain, { ...key, signatureData: [key] });
  expect(signatures).toContain("d=remote.test");
  const [ann, dan] = [await person(), await person(beta)];
  await forward(platform, acme, ann, ["pat@outside.test"]);
  expect(
    await sendIn(relay, [ann.address], { octets: Buffer.concat([Buffer.from(signatures), plain]) }),
  ).toMatch(/^250 /);
  const [first] = await taken(mx, 1);
  const found = await check(first);
  expect(found.arc && found.arc.status.result).toBe("pass");
  expect(sealerOf(found)).toBe("acme.test");
  expect(sealedResults(first)).toMatch(/dmarc=pass/);
  expect(found.dmarc && found.dmarc.status.result).toBe("pass");
  expect(found.spf && found.spf.status.result).toBe("pass");
  expect(found.dkim.results.map((one) => `${one.signingDomain} ${one.status.result}`)).toContain(
    "acme.test pass",
  );

  // Mail from another agency here: sealed as well, with what was known of its author.
  const client = await relay.submission(dan.address);
  expect(
    (await client.send({ from: dan.address, to: [ann.address] }, messageFrom(dan.address))).text,
  ).toMatch(/^250 /);
  client.close();
  const [, other] = await taken(mx, 2);
  const second = await check(other);
  expect(second.arc && second.arc.status.result).toBe("pass");
  expect(sealedResults(other)).toMatch(/auth=pass/);
});
