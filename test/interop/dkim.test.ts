import { dkimVerify } from "mailauth";
import { beforeEach, expect, test } from "vitest";
import { nodeResolver } from "../../smtp-relay/delivery/node-resolver.ts";
import { dkimUrgentJob } from "../../smtp-relay/jobs/dkim-urgent.ts";
import { updateZone } from "../../smtp-relay/signing/dns-update.ts";
import { signOutgoing } from "../../smtp-relay/signing/sign-outgoing.ts";
import {
  followUrgent,
  listDkimKeys,
  listUrgentDomains,
  newSigning,
  ROTATION_DEFAULTS,
  rotateDomain,
  rotateNow,
  type RotationDeps,
  selectorOf,
} from "../../src/signing/index.ts";
import { type Bind, startBind } from "../support/bind.ts";
import { startFakeMx } from "../support/fake-mx.ts";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { SmtpClient } from "../support/smtp-client.ts";
import { startSystem } from "../support/system.ts";
import { startOwnResolver } from "../support/own-resolver.ts";
import { testPlatform } from "../support/platform.ts";
import { needs } from "../support/programs.ts";
import { runProgram } from "../support/run-program.ts";
import { startSmtpRelay, until } from "../support/smtp-relay.ts";

beforeEach((context) => needs(context, "named", "dkimpy"));

const DAY_MS = 86_400_000;
const SELECTORS = ["ang1r", "ang1e", "ang2r", "ang2e"];
const cnames = SELECTORS.map(
  (name) => `${name}._domainkey 60 IN CNAME ${name}.agency.test._domainkey.hosted.test.`,
).join("\n");

/** What another implementation of DKIM (dkimpy) says of each signature, asking the name server. */
async function dkimpy(message: Buffer, port: number): Promise<string> {
  const program = `
import sys, dkim, dns.resolver
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers, resolver.port = ["127.0.0.1"], ${port}
def text(name, timeout=5):
    try:
        return b"".join(resolver.resolve(name.decode(), "TXT")[0].strings)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return None
message = sys.stdin.buffer.read()
count = sum(1 for line in message.split(b"\\r\\n\\r\\n")[0].split(b"\\r\\n") if line.lower().startswith(b"dkim-signature:"))
for i in range(count):
    try:
        print("ok" if dkim.DKIM(message).verify(idx=i, dnsfunc=text) else "bad")
    except dkim.DKIMException as error:
        print("error", error)
`;
  const { stdout, text } = await runProgram("/usr/bin/python3", ["-c", program], { input: message });
  return stdout.length > 0 ? stdout.toString().trim() : text;
}

/** What mailauth says of each signature. */
async function mailauth(message: Buffer, port: number): Promise<string[]> {
  const resolver = nodeResolver([{ host: "127.0.0.1", port }]);
  const { results } = await dkimVerify(message, {
    resolver: async (name: string) => {
      const texts = await resolver.txt(name);
      if (texts.length === 0) throw Object.assign(new Error("none"), { code: "ENOTFOUND" });
      return texts.map((one) => [one]);
    },
  });
  return results.map((one) => `${one.selector} ${one.algo} ${one.status.result}`);
}

async function signingWorld(bind: Bind) {
  const platform = await testPlatform();
  const tenantId = await platform.tenant("agency", "agency.test");
  // Verifiers refuse signatures of the future: the year that this test takes has gone by already.
  const time = { now: Date.now() - 250 * DAY_MS };
  const clock = (): number => time.now;
  const { db, tenancy } = platform;
  const lines: string[] = [];
  const note = (event: string): void => void lines.push(event);
  const log = { info: note, warn: note, error: note };
  const key = { ...bind.key, secret: Buffer.from(bind.key.secret, "base64") };
  const rotation: RotationDeps = {
    signing: newSigning({ db, keys: tenancy.keys, clock, zone: "hosted.test" }),
    times: ROTATION_DEFAULTS,
    // A new one each time: what it remembers would be months old.
    lookUp: (name) => nodeResolver([{ host: "127.0.0.1", port: bind.port }]).txt(name),
    push: (records) =>
      updateZone({ host: "127.0.0.1", port: bind.port, zone: "hosted.test", key }, records, Date.now),
    log,
  };
  const states = async (): Promise<Record<string, string>> => {
    const keys = await db.tenant(tenantId, (tx) => listDkimKeys(tx, "agency.test"));
    return Object.fromEntries(keys.map((one) => [selectorOf(one), one.state]));
  };
  return {
    platform,
    tenantId,
    time,
    rotation,
    lines,
    states,
    rotate: () => rotateDomain(rotation, tenantId, "agency.test"),
  };
}

/** A clerk of agency.test, whose mail goes through our relay to another server. */
async function startSending(
  { platform, rotation }: Awaited<ReturnType<typeof signingWorld>>,
  mx: Awaited<ReturnType<typeof startFakeMx>>,
) {
  const sender = await platform.person("clerk@agency.test");
  const relay = await startSmtpRelay(platform, {
    dns: {
      mx: { "elsewhere.test": [{ exchange: "mx.elsewhere.test", priority: 1 }] },
      a: { "mx.elsewhere.test": ["127.0.0.1"] },
    },
    delivery: { port: mx.port },
    sign: (tenantId, entry, content) =>
      signOutgoing({ signing: rotation.signing, log: rotation.log }, tenantId, entry, content),
  });
  const send = async (subject: string): Promise<Buffer> => {
    const client = await relay.submission(sender.address);
    for (const line of [`MAIL FROM:<${sender.address}>`, "RCPT TO:<you@elsewhere.test>", "DATA"])
      await client.command(line);
    const header = `From: Clerk <${sender.address}>\r\nTo: you@elsewhere.test\r\nSubject: ${subject}\r\n`;
    await client.command(`${header}\r\nOne  line \t\r\n.. and a dot\r\n\r\n\r\n.`);
    const found = await until(async () => mx.taken.find((one) => one.octets.includes(subject)));
    return found.octets;
  };
  return { send, [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() };
}

test("mail is signed twice, both signatures verify elsewhere, and a rotation changes keys without anybody's help", async () => {
  await using bind = await startBind({ "hosted.test": "", "agency.test": cnames });
  const world = await signingWorld(bind);
  await using platform = world.platform;
  expect(platform.tenancy.hostedDomain).toBe("hosted.test");
  await using mx = await startFakeMx();
  const { time, lines, states, rotate } = world;
  await using sending = await startSending(world, mx);
  const { send } = sending;

  expect(await mailauth(await send("before any key"), bind.port)).toEqual(["undefined undefined none"]);
  await rotate();
  expect(await states()).toEqual({ ang1r: "active", ang1e: "active" });
  const first = await send("the first key");
  expect(await dkimpy(first, bind.port)).toBe("ok\nok");
  expect(await mailauth(first, bind.port)).toEqual(["ang1r rsa-sha256 pass", "ang1e ed25519-sha256 pass"]);
  // Nobody can add a second From, or change a word.
  expect(
    await mailauth(Buffer.concat([Buffer.from("From: x@agency.test\r\n"), first]), bind.port),
  ).not.toContain("ang1r rsa-sha256 pass");
  const changed = Buffer.from(first.toString("latin1").replace("One  line", "Two  line"), "latin1");
  expect(await dkimpy(changed, bind.port)).not.toContain("ok");

  time.now += 91 * DAY_MS;
  await rotate();
  expect(await states()).toEqual({
    ang1r: "active",
    ang1e: "active",
    ang2r: "published",
    ang2e: "published",
  });
  time.now += 2 * DAY_MS;
  await rotate();
  expect((await states())["ang2r"]).toBe("published");
  time.now += 2 * DAY_MS;
  await rotate();
  expect(await states()).toEqual({ ang1r: "retired", ang1e: "retired", ang2r: "active", ang2e: "active" });
  const second = await send("the second key");
  expect(await dkimpy(second, bind.port)).toBe("ok\nok");
  expect(await mailauth(second, bind.port)).toEqual(["ang2r rsa-sha256 pass", "ang2e ed25519-sha256 pass"]);
  expect(await dkimpy(first, bind.port), "what is on its way still verifies").toBe("ok\nok");

  time.now += 8 * DAY_MS;
  await rotate();
  expect(await states()).toEqual({ ang1r: "revoked", ang1e: "revoked", ang2r: "active", ang2e: "active" });
  expect(await dkimpy(first, bind.port)).not.toContain("ok");
  expect(await dkimpy(second, bind.port)).toBe("ok\nok");
  // And round again, into the slot that is free.
  time.now += 91 * DAY_MS;
  await rotate();
  time.now += 4 * DAY_MS;
  await rotate();
  expect(await states()).toEqual({ ang1r: "active", ang1e: "active", ang2r: "retired", ang2e: "retired" });
  expect(lines).not.toContain("dkim_drift");
});

/** The same message with the signature of one algorithm alone. */
function signedOnlyWith(algorithm: "rsa" | "ed25519", message: Buffer): Buffer {
  const text = message.toString("latin1");
  const fields = text.match(/^DKIM-Signature:.*\r\n(?:[ \t].*\r\n)*/gim) ?? [];
  const others = fields.filter((field) => !new RegExp(`a\\s*=\\s*${algorithm}-`).test(field));
  expect([fields.length, others.length]).toEqual([2, 1]);
  return Buffer.from(
    others.reduce((rest, field) => rest.replace(field, ""), text),
    "latin1",
  );
}

test("dkimverify and opendkim-testmsg verify our mail, asking the DNS by themselves", async (context) => {
  needs(context, "dkimverify", "opendkim-testmsg", "own-resolver");
  await using bind = await startBind({ "hosted.test": "", "agency.test": cnames });
  await using resolver = await startOwnResolver(bind.port);
  const world = await signingWorld(bind);
  await using platform = world.platform;
  expect(platform.tenancy.hostedDomain).toBe("hosted.test");
  await using mx = await startFakeMx();
  await using sending = await startSending(world, mx);
  world.time.now = Date.now();
  await world.rotate();
  const signed = await sending.send("to be verified");
  const rsa = signedOnlyWith("rsa", signed);
  const ed25519 = signedOnlyWith("ed25519", signed);
  const dkimverify = (octets: Buffer) => resolver.run("/usr/bin/dkimverify", [], octets);
  const opendkim = (octets: Buffer) => resolver.run("/usr/sbin/opendkim-testmsg", ["-C"], octets);
  for (const one of [signed, rsa, ed25519]) {
    expect((await dkimverify(one)).text).toBe("exit code 0\nsignature ok\n");
    expect((await opendkim(one)).text).toBe("exit code 0\n");
  }
  for (const one of [rsa, ed25519]) {
    const changed = Buffer.from(one.toString("latin1").replace("One  line", "Two  line"), "latin1");
    expect((await dkimverify(changed)).text).toContain("body hash mismatch");
    expect((await opendkim(changed)).text).toContain("Bad signature");
  }
});

test("a key in other hands: the next one signs when the DNS shows it, and the old one is withdrawn at once", async () => {
  await using bind = await startBind({ "hosted.test": "", "agency.test": cnames });
  const world = await signingWorld(bind);
  await using platform = world.platform;
  expect(platform.tenancy.hostedDomain).toBe("hosted.test");
  await using mx = await startFakeMx();
  await using sending = await startSending(world, mx);
  const { time, rotation, tenantId, states, rotate } = world;
  const { signing } = rotation;
  await rotate();
  const leaked = await sending.send("the key that leaks");
  expect(await dkimpy(leaked, bind.port)).toBe("ok\nok");

  await rotateNow(signing, tenantId, "agency.test", { actor: "operator", unseen: false });
  // A name server that is away: nothing is withdrawn, and the old key signs on.
  const away: RotationDeps = { ...rotation, push: () => Promise.reject(new Error("away")) };
  await followUrgent(away, tenantId, "agency.test");
  const published = { ang1r: "active", ang1e: "active", ang2r: "published", ang2e: "published" };
  expect(await states()).toEqual(published);
  expect(await dkimpy(await sending.send("meanwhile"), bind.port)).toBe("ok\nok");

  const job = dkimUrgentJob(rotation);
  await job.run(new AbortController().signal);
  expect(await states()).toEqual({ ang1r: "revoked", ang1e: "revoked", ang2r: "active", ang2e: "active" });
  expect(await dkimpy(leaked, bind.port)).not.toContain("ok");
  const next = await sending.send("the next key");
  expect(await mailauth(next, bind.port)).toEqual(["ang2r rsa-sha256 pass", "ang2e ed25519-sha256 pass"]);
  const text = (selector: string) =>
    nodeResolver([{ host: "127.0.0.1", port: bind.port }]).txt(`${selector}._domainkey.agency.test`);
  expect(await text("ang1r")).toEqual(["v=DKIM1; k=rsa; p="]);
  const urgent = () => platform.db.system("a test", (tx) => listUrgentDomains(tx, 10));
  expect(await urgent(), "nothing is left to do").toEqual([]);

  // Once more, in the week after an ordinary rotation, and without waiting for the DNS.
  time.now += 91 * DAY_MS;
  await rotate();
  time.now += 4 * DAY_MS;
  await rotate();
  expect(await states()).toMatchObject({ ang1r: "active", ang2r: "retired" });
  await rotateNow(signing, tenantId, "agency.test", { actor: "operator", unseen: true });
  expect(await states()).toEqual({ ang1r: "revoked", ang1e: "revoked", ang2r: "active", ang2e: "active" });
  const unseen = await sending.send("before the DNS shows it");
  expect(await dkimpy(unseen, bind.port)).not.toContain("ok");
  await job.run(new AbortController().signal);
  expect(await dkimpy(unseen, bind.port)).toBe("ok\nok");
  expect(await text("ang1e")).toEqual(["v=DKIM1; k=ed25519; p="]);
  expect(await urgent()).toEqual([]);
});

test("npm start does all of it: the first mail of a new agency is signed, and its reports come in", async () => {
  const zone = SELECTORS.map(
    (name) => `${name}._domainkey 60 IN CNAME ${name}.acme.test._domainkey.agencies.test.`,
  );
  await using bind = await startBind({ "agencies.test": "", "acme.test": zone.join("\n") });
  await using mx = await startFakeMx();
  const { name, algorithm, secret } = bind.key;
  await using system = await startSystem({
    env: {
      ANGELIA_DNS: `127.0.0.1:${bind.port}`,
      ANGELIA_DNS_UPDATE: `127.0.0.1:${bind.port},agencies.test,${name},${algorithm},${secret}`,
      ANGELIA_SMARTHOST: `smtp://127.0.0.1:${mx.port}`,
    },
  });
  await addAgency(system, "acme", ["alice"]);
  const smtp = await SmtpClient.connect({ port: system.ports.submission });
  await smtp.command("EHLO test");
  await smtp.command(`AUTH PLAIN ${btoa(`\0alice@acme.test\0${PASSWORD}`)}`);
  for (const line of ["MAIL FROM:<alice@acme.test>", "RCPT TO:<you@elsewhere.test>", "DATA"])
    await smtp.command(line);
  await smtp.command("From: alice@acme.test\r\nTo: you@elsewhere.test\r\nSubject: first\r\n\r\nHello\r\n.");
  const sent = await until(async () => mx.taken[0]);
  expect(await dkimpy(sent.octets, bind.port)).toBe("ok\nok");
  expect(await system.cli("dkim", "show", "acme.test")).toMatchObject({ status: "ok" });
  expect(await system.cli("dkim", "rotate", "acme.test")).toMatchObject({
    keys: [{ state: "active" }, { state: "published" }, { state: "active" }, { state: "published" }],
  });
  await expect(system.cli("dkim", "rotate", "acme.test", "--unseen")).rejects.toThrow("goes with --now");
  await expect(system.cli("dkim", "rotate", "nowhere.test", "--now")).rejects.toThrow("domain_unknown");
  expect(await system.cli("dkim", "rotate", "acme.test", "--now")).toMatchObject({
    keys: [{ state: "revoked" }, { state: "active" }, { state: "revoked" }, { state: "active" }],
  });
  const printed = JSON.stringify(await system.cli("dkim", "zone"));
  expect(printed).toContain(
    '"name":"*._report._dmarc.reports.agencies.test","type":"TXT","value":"v=DMARC1"',
  );
  expect(printed).toContain("ang2e.acme.test._domainkey.agencies.test");

  const mxClient = await until(async () => {
    const client = await SmtpClient.connect({ port: system.ports.mx });
    await client.command("EHLO receiver.test");
    await client.command("MAIL FROM:<noreply@receiver.test>");
    const answer = await client.command("RCPT TO:<dmarc@reports.agencies.test>");
    return answer.code === 250 && client;
  });
  await mxClient.command("DATA");
  const now = Math.floor(Date.now() / 1000);
  const report = `<feedback><report_metadata><org_name>r.test</org_name><report_id>1</report_id><date_range><begin>${now - 3600}</begin><end>${now}</end></date_range></report_metadata>
<policy_published><domain>acme.test</domain><p>none</p></policy_published><record><row><source_ip>192.0.2.1</source_ip><count>4</count></row></record></feedback>`;
  const filed = await mxClient.command(
    `Content-Type: text/xml\r\nSubject: Report\r\n\r\n${report.replaceAll("\n", "\r\n")}\r\n.`,
  );
  expect(filed.text).toMatch(/^250/);
  // The job looks twice a minute.
  const view = await until(async () => {
    const found = JSON.stringify(await system.cli("report", "dmarc", "acme.test"));
    return found.includes('"messages":4') && found;
  }, 90_000);
  expect(view).toContain('"ip":"192.0.2.1"');
}, 240_000);

test("a key that the world can't see does not sign: the old one goes on, and it is said", async () => {
  // The customer has entered the first selectors only.
  const half = cnames.split("\n").slice(0, 2).join("\n");
  await using bind = await startBind({ "hosted.test": "", "agency.test": half });
  const world = await signingWorld(bind);
  await using platform = world.platform;
  expect(platform.tenancy.hostedDomain).toBe("hosted.test");
  const { time, lines, states, rotate } = world;
  await rotate();
  expect(await states()).toEqual({ ang1r: "active", ang1e: "active" });
  time.now += 100 * DAY_MS;
  await rotate();
  time.now += 10 * DAY_MS;
  await rotate();
  expect(await states()).toEqual({
    ang1r: "active",
    ang1e: "active",
    ang2r: "published",
    ang2e: "published",
  });
  expect(lines).toContain("dkim_drift");
});

test("an update with a wrong key, and one for another zone, are refused and tried again", async () => {
  await using bind = await startBind({ "hosted.test": "", "agency.test": cnames });
  const record = { name: "x.hosted.test", type: "TXT", value: "text", ttl: 60 } as const;
  const primary = {
    host: "127.0.0.1",
    port: bind.port,
    zone: "hosted.test",
    key: { ...bind.key, secret: Buffer.from(bind.key.secret, "base64") },
  };
  const wrong = { ...primary, key: { ...primary.key, secret: Buffer.alloc(32) } };
  await expect(updateZone(wrong, [record], Date.now)).rejects.toThrow(/NOTAUTH|BADSIG/);
  await expect(updateZone(primary, [record], () => Date.now() - 3_600_000)).rejects.toThrow(
    /NOTAUTH|BADTIME/,
  );
  await expect(updateZone(primary, [{ ...record, name: "x.agency.test" }], Date.now)).rejects.toThrow(
    "not in the zone",
  );
  const long = "p".repeat(700);
  await updateZone(primary, [record, { ...record, value: long }], Date.now);
  await updateZone(primary, [record, { ...record, value: long }], Date.now);
  const resolver = nodeResolver([{ host: "127.0.0.1", port: bind.port }]);
  expect((await resolver.txt("x.hosted.test")).toSorted()).toEqual([long, "text"]);
});
