import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Clamd } from "../../smtp-relay/scanners/clamd.ts";
import { Rspamd } from "../../smtp-relay/scanners/rspamd.ts";
import { Scanners } from "../../smtp-relay/scanners/scanners.ts";
import { sourceOf } from "../../src/blob/index.ts";
import { MailPolicy, type MailPolicyInput } from "../../src/contract/mail-policy.ts";
import { ALL_UIDS, listPlacements, readMailboxByRole, readMessages } from "../../src/mailstore/index.ts";
import { type Principal, upsertMailPolicy } from "../../src/tenants/index.ts";
import { type ClamdDaemon, EICAR, startClamd } from "../support/clamd.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { missing } from "../support/programs.ts";
import { GTUBE, type RspamdDaemon, startRspamd, WORDS } from "../support/rspamd.ts";
import {
  type Agency,
  inboxOf,
  newPeople,
  startSmtpRelay,
  until,
  type SmtpRelay,
  withoutTrace,
} from "../support/smtp-relay.ts";

const why = missing("rspamd", "redis-server", "clamd");
const runs = why === undefined || process.env["ANGELIA_REQUIRE_ALL"] === "1";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const mail = (subject: string, body: string): Buffer =>
  Buffer.from(
    `From: Ann <ann@other.test>\r\nTo: you@acme.test\r\nSubject: ${subject}\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <${subject.replace(/\W+/g, "")}@other.test>\r\n\r\n${body}\r\n`,
  );
const withFile = (name: string, content: Uint8Array): Buffer =>
  Buffer.from(
    `From: Ann <ann@other.test>\r\nSubject: a file\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/octet-stream; name="${name}"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\n${Buffer.from(content).toString("base64").replace(/.{76}/g, "$&\r\n")}\r\n--b--\r\n`,
  );

describe.skipIf(!runs)(`Rspamd and ClamAV${why === undefined ? "" : ` (${why})`}`, () => {
  let platform: TestPlatform;
  let rspamd: RspamdDaemon;
  let clamd: ClamdDaemon;
  let scanners: Scanners;
  let relay: SmtpRelay;
  let count = 0;

  beforeAll(async () => {
    [platform, rspamd, clamd] = await Promise.all([testPlatform(), startRspamd(), startClamd(2_000_000)]);
    scanners = new Scanners(
      { log: silent, clock: platform.store.clock },
      { rspamd: new Rspamd(rspamd), clamd: new Clamd({ path: clamd.path }) },
    );
    relay = await startSmtpRelay(platform, { scanners });
  }, 120_000);
  afterAll(async () => {
    await relay?.[Symbol.asyncDispose]();
    scanners?.stop();
    await Promise.all([rspamd?.[Symbol.asyncDispose](), clamd?.[Symbol.asyncDispose]()]);
    await platform?.[Symbol.asyncDispose]();
  });

  /** A tenant of its own with one person. */
  async function somebody(policy: MailPolicyInput = {}): Promise<Principal & { readonly agency: Agency }> {
    const slug = `t${++count}`;
    const domain = `${slug}.test`;
    const agency = { slug, domain, tenantId: await platform.tenant(slug, domain) };
    await platform.db.tenant(agency.tenantId, (tx) => upsertMailPolicy(tx, MailPolicy.parse(policy)));
    const [person] = await newPeople(platform, agency, [undefined]);
    if (person === undefined) throw new Error("nobody");
    return { ...person, agency };
  }

  async function send(message: Buffer, ...to: readonly string[]): Promise<string> {
    const client = await relay.mx();
    const { text } = await client.send({ from: "ann@other.test", to }, message);
    client.close();
    return text;
  }

  const inbox = (person: Principal): Promise<Buffer[]> => inboxOf(platform, person);
  async function junk({ tenantId, accountId }: Principal): Promise<number> {
    return platform.db.tenant(tenantId, async (tx) => {
      const { id } = await readMailboxByRole(tx, accountId, "junk");
      return (await listPlacements(tx, id, ALL_UIDS)).length;
    });
  }

  test("a clean message comes through, and says what was checked", async () => {
    const person = await somebody();
    const message = mail("lunch", "Shall we have lunch on the terrace?");
    expect(await send(message, person.address)).toMatch(/^250 /);
    const [stored = Buffer.alloc(0)] = await inbox(person);
    const { trace, message: rest } = withoutTrace(stored);
    expect(rest).toEqual(message);
    expect(trace).toContain("X-Angelia-Checks: spam=done; virus=done; attachments=done\r\n");
    expect(trace).toMatch(/^X-Angelia-Score: -?\d+\.\d\d/m);
    expect(trace).not.toContain("Unscanned");
  });

  test("GTUBE is refused, or goes to Junk where nothing is refused", async () => {
    const person = await somebody();
    expect(await send(mail("offer", GTUBE), person.address)).toMatch(/^554 5\.7\.1 .*spam/);
    expect(await inbox(person)).toEqual([]);
    const mild = await somebody({ spam: { rejectAt: null, quarantineAt: null } });
    expect(await send(mail("offer", GTUBE), mild.address)).toMatch(/^250 /);
    expect([await inbox(mild), await junk(mild)]).toEqual([[], 1]);
  });

  test("the score decides: Junk, quarantine, refused", async () => {
    const person = await somebody();
    expect(await send(mail("one", WORDS.junk), person.address)).toMatch(/^250 /);
    expect([(await inbox(person)).length, await junk(person)]).toEqual([0, 1]);
    expect(await send(mail("two", WORDS.quarantine), person.address)).toMatch(/^250 /);
    expect([(await inbox(person)).length, await junk(person)]).toEqual([0, 1]);
    expect(await send(mail("three", WORDS.refuse), person.address)).toMatch(/^554 /);
  });

  test("postmaster and abuse get spam into Junk, and no malware", async () => {
    const { agency } = await somebody();
    const postmaster = await platform.person(`postmaster@${agency.domain}`);
    expect(await send(mail("three", WORDS.refuse), postmaster.address)).toMatch(/^250 /);
    expect(await junk(postmaster)).toBe(1);
    expect(await send(mail("virus", EICAR), postmaster.address)).toMatch(/^554 /);
  });

  test.each([
    ["in the text", () => mail("virus", EICAR)],
    ["as an attachment", () => withFile("eicar.txt", Buffer.from(EICAR))],
    ["in an archive", () => withFile("a.zip", zipSync({ "eicar.txt": Buffer.from(EICAR) }))],
  ])("EICAR %s is stopped", async (_, message) => {
    const person = await somebody();
    expect(await send(message(), person.address)).toMatch(/^554 5\.7\.1 .*malware/);
    const careful = await somebody({ virus: "quarantine" });
    expect(await send(message(), careful.address)).toMatch(/^250 /);
    expect(await inbox(careful)).toEqual([]);
  });

  test("one tenant refuses, another takes: the first one's copy is in its quarantine", async () => {
    const strict = await somebody();
    const mild = await somebody({ spam: { junkAt: 6, quarantineAt: null, rejectAt: null } });
    expect(await send(mail("both", WORDS.refuse), strict.address, mild.address)).toMatch(/^250 /);
    expect([await inbox(strict), await junk(strict)]).toEqual([[], 0]);
    expect(await junk(mild)).toBe(1);
    const held = await platform.db.tenant(
      strict.agency.tenantId,
      (tx) => tx<{ count: string }[]>`select count(*) from quarantined_messages`,
    );
    expect(Number(held[0]?.count)).toBe(1);
  });

  test("what is more than clamd takes is taken, and marked", async () => {
    const person = await somebody();
    const message = withFile("noise.bin", Buffer.alloc(3_000_000, "abc\n"));
    expect(await send(message, person.address)).toMatch(/^250 /);
    const [stored = Buffer.alloc(0)] = await inbox(person);
    expect(withoutTrace(stored).trace).toMatch(/virus=skipped \(more than clamd takes\)/);
    expect(withoutTrace(stored).trace).toContain("X-Angelia-Unscanned: virus\r\n");
  });

  test("many at once all get their answer", async () => {
    const one = new Clamd({ path: clamd.path });
    const results = await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        one.scan(sourceOf(i % 3 === 0 ? mail("virus", EICAR) : mail("clean", "hello"))),
      ),
    );
    expect(results.filter((result) => result.kind === "virus")).toHaveLength(100);
    expect(results.filter((result) => result.kind === "clean")).toHaveLength(200);
  });

  test("forged marks of ours do not arrive", async () => {
    const person = await somebody();
    const forged = "X-Angelia-Score: -50\r\nx-angelia-checks: spam=done\r\n";
    const message = mail("marks", "hello");
    await send(Buffer.concat([Buffer.from(forged), message]), person.address);
    const [stored = Buffer.alloc(0)] = await inbox(person);
    expect(withoutTrace(stored).message).toEqual(message);
  });

  test("Rspamd learns, and knows what it has learned", async () => {
    const teacher = new Rspamd(rspamd);
    const text = "Cheap watches and pills delivered overnight to wherever you are, order at once.";
    expect(await teacher.learn("spam", sourceOf(mail("watches", text)))).toBe("learned");
    expect(await teacher.learn("spam", sourceOf(mail("watches", text)))).toBe("known");
    const ham = "The minutes of the council meeting are attached, please read them before Tuesday.";
    expect(await teacher.learn("ham", sourceOf(mail("minutes", ham)))).toBe("learned");
    for (const more of ["two", "three", "four"]) {
      expect(await teacher.learn("spam", sourceOf(mail(more, `${text} ${more}`)))).toBe("learned");
      expect(await teacher.learn("ham", sourceOf(mail(`${more} more`, `${ham} ${more}`)))).toBe("learned");
    }
    const envelope = {
      id: "x",
      mailFrom: "ann@other.test",
      recipients: ["you@acme.test"],
      ip: "192.0.2.1",
      helo: "other.test",
      reverseName: null,
    };
    // Its worker takes a moment to see how much has been learned.
    await until(async () => {
      const { symbols } = await teacher.check(sourceOf(mail("watches", text)), envelope);
      return symbols.includes("BAYES_SPAM");
    });
    await expect(
      new Rspamd({ ...rspamd, password: "wrong" }).learn("spam", sourceOf(mail("x", text))),
    ).rejects.toThrow(/401/);
    teacher.close();
  });

  test("a scanner that dies: the sender comes again, or the message is marked; afterwards all is well", async () => {
    const waits = await somebody();
    const takes = await somebody({ scannerDown: "accept_marked" });
    await clamd.kill9();
    expect(await send(mail("one", "hello"), waits.address)).toMatch(/^451 4\.7\.1 /);
    expect(await send(mail("one", "hello"), waits.address, takes.address)).toMatch(/^451 4\.7\.1 /);
    expect(await send(mail("one", "hello"), takes.address)).toMatch(/^250 /);
    expect(scanners.status[1]).toMatchObject({ state: "down", name: "virus scanner" });
    await clamd.restart();
    expect(await send(mail("one", "hello"), waits.address)).toMatch(/^250 /);
    expect(scanners.status[1]?.state).toBe("on");
    await rspamd.kill9();
    expect(await send(mail("two", "hello"), waits.address)).toMatch(/^451 4\.7\.1 /);
    expect(await send(mail("two", "hello"), takes.address)).toMatch(/^250 /);
    // Malware is refused although the other scanner is away: that will not change.
    expect(await send(mail("virus", EICAR), waits.address)).toMatch(/^554 /);
    await rspamd.restart();
    expect(await send(mail("two", "hello"), waits.address)).toMatch(/^250 /);
    expect(await inbox(waits)).toHaveLength(2);
    const marks = (await inbox(takes)).map((one) => /^X-Angelia-Unscanned: .*$/m.exec(one.toString())?.[0]);
    expect(marks).toEqual(["X-Angelia-Unscanned: virus", "X-Angelia-Unscanned: spam"]);
    const { db } = platform;
    const stored = await db.tenant(takes.tenantId, async (tx) => {
      const { id } = await readMailboxByRole(tx, takes.accountId, "inbox");
      const placements = await listPlacements(tx, id, ALL_UIDS);
      return readMessages(
        tx,
        placements.map((one) => one.messageId),
      );
    });
    expect(stored.size).toBe(2);
  });

  test("scanners killed under load: all mail arrives once, and none of it unscanned", async () => {
    const person = await somebody();
    const [senders, each] = [4, 25];
    const killed = new AbortController();
    let waited = 0;
    const killing = (async () => {
      for (const victim of [clamd, rspamd, clamd]) {
        await new Promise((resolve) => setTimeout(resolve, 150));
        await victim.kill9();
        await new Promise((resolve) => setTimeout(resolve, 150));
        await victim.restart();
      }
      killed.abort();
    })();
    const sending = Array.from({ length: senders }, async (_, sender) => {
      for (let i = 0; i < each || !killed.signal.aborted; i++)
        for (;;) {
          const reply = await send(mail(`load ${sender} ${i}`, "hello"), person.address);
          if (reply.startsWith("250")) break;
          expect(reply).toMatch(/^451 4\.7\.1 /);
          waited += 1;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
    });
    await Promise.all([killing, ...sending]);
    const stored = await inbox(person);
    const subjects = stored.map((one) => /^Subject: (load \d \d+)\r$/m.exec(one.toString())?.[1]);
    expect(subjects.length).toBeGreaterThanOrEqual(senders * each);
    expect(new Set(subjects).size).toBe(subjects.length);
    expect(waited).toBeGreaterThan(0);
    for (const one of stored) expect(one.toString()).toContain("X-Angelia-Checks: spam=done; virus=done");
  });
});
