import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { forgetLessonsJob } from "../../smtp-relay/jobs/learn-forget.ts";
import { learnMessagesJob, retryLessonAt } from "../../smtp-relay/jobs/learn-messages.ts";
import { Rspamd } from "../../smtp-relay/scanners/rspamd.ts";
import { sourceOf } from "../../src/blob/index.ts";
import {
  ALL_UIDS,
  deliver,
  type MailboxRole,
  movePlacements,
  prepareMessage,
  readMailboxByRole,
} from "../../src/mailstore/index.ts";
import { deleteHeld, quarantineMessage, releaseHeld } from "../../src/quarantine/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { freePorts } from "../support/free-ports.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { isInstalled, needs } from "../support/programs.ts";
import { type RspamdDaemon, startRspamd } from "../support/rspamd.ts";
import { newPeople, until } from "../support/smtp-relay.ts";

const MINUTE = 60_000;

let p: TestPlatform;
let daemon: RspamdDaemon;
let rspamd: Rspamd;
beforeEach((context) => needs(context, "rspamd", "redis-server"));
beforeAll(async () => {
  if (!isInstalled("rspamd") || !isInstalled("redis-server")) return;
  [p, daemon] = await Promise.all([testPlatform(), startRspamd()]);
  rspamd = new Rspamd(daemon);
});
afterAll(async () => {
  rspamd?.close();
  await daemon?.[Symbol.asyncDispose]();
  await p?.[Symbol.asyncDispose]();
});

let count = 0;
async function somebody(): Promise<Principal> {
  const slug = `tenant${++count}`;
  const domain = `${slug}.test`;
  const [person] = await newPeople(p, { slug, domain, tenantId: await p.tenant(slug, domain) }, [undefined]);
  if (person === undefined) throw new Error("nobody");
  return person;
}

const WORDS = "lamp river stone garden window paper silver market forest bridge letter candle harbour mirror";
/** Enough different words for a classifier. */
function mail(): Uint8Array {
  const n = ++count;
  const text = WORDS.split(" ").map((word, i) => `${word}${n}x${i} ${word}${n}y`);
  return new TextEncoder().encode(
    `From: a@b.test\r\nTo: c@d.test\r\nMessage-ID: <${n}@b.test>\r\nSubject: number ${n}\r\n\r\n${text.join(" ")}\r\n`,
  );
}

async function put({ tenantId, accountId }: Principal, role: MailboxRole, raw = mail()): Promise<void> {
  const message = await prepareMessage(p.store, tenantId, sourceOf(raw));
  const flags = { bits: 0, keywords: [] };
  await deliver(p.store, tenantId, message, [
    { accountId, mailbox: { role }, flags, receivedAt: Date.now() },
  ]);
}
const move = ({ tenantId, accountId }: Principal, from: MailboxRole, to: MailboxRole): Promise<unknown> =>
  p.db.tenant(tenantId, async (tx) => {
    const [source, target] = [
      await readMailboxByRole(tx, accountId, from),
      await readMailboxByRole(tx, accountId, to),
    ];
    return movePlacements(tx, accountId, { mailboxId: source.id, uids: ALL_UIDS }, target.id);
  });

const logged: { event: string; [field: string]: unknown }[] = [];
const keep = (event: string, fields: object = {}): void => void logged.push({ event, ...fields });
const log = { info: keep, warn: keep, error: keep };
/** Runs the job, so many minutes from now. */
const teach = (minutes = 1, teacher: Rspamd | null = rspamd): Promise<void> =>
  learnMessagesJob({
    store: { ...p.store, clock: () => Date.now() + minutes * MINUTE },
    rspamd: teacher,
    log,
  }).run(new AbortController().signal);

/** How many messages Rspamd has learned. */
async function learned(): Promise<number> {
  const res = await fetch(`${daemon.controllerUrl}/stat`, { headers: { password: daemon.password } });
  return z.object({ learned: z.number() }).parse(await res.json()).learned;
}
/** What is written down as taught. */
async function taughtOf({ tenantId }: Principal): Promise<string[]> {
  const rows = await p.db.tenant(
    tenantId,
    (tx) => tx<{ taught: string }[]>`
      select taught from learn_queue where tenant_id = ${tenantId} and taught is not null order by taught`,
  );
  return rows.map((row) => row.taught);
}
const queued = ({ tenantId }: Principal): Promise<number> =>
  p.db.tenant(tenantId, async (tx) => {
    const rows = await tx`select 1 from learn_queue where tenant_id = ${tenantId} and due_at is not null`;
    return rows.length;
  });

test("moves into and out of Junk reach Rspamd, once for each change of mind", async () => {
  const ann = await somebody();
  const before = await learned();
  await put(ann, "inbox");
  await put(ann, "inbox");
  await put(ann, "junk");
  await teach();
  expect(await learned()).toBe(before);
  await move(ann, "inbox", "archive");
  await move(ann, "junk", "inbox");
  await move(ann, "archive", "junk");
  await teach();
  expect(await learned()).toBe(before + 3);
  expect(await taughtOf(ann)).toEqual(["ham", "spam", "spam"]);
  await teach();
  await move(ann, "junk", "archive");
  await move(ann, "archive", "junk");
  await teach();
  expect(await learned()).toBe(before + 3);
  await move(ann, "junk", "archive");
  await teach();
  expect(await learned()).toBe(before + 5);
  expect(await taughtOf(ann)).toEqual(["ham", "ham", "ham"]);
  expect(await queued(ann)).toBe(0);
});

const about = (theme: string): Uint8Array =>
  new TextEncoder().encode(
    `From: x@y.test\r\nMessage-ID: <${++count}@y.test>\r\nSubject: ${theme}\r\n\r\n${`${theme} `.repeat(3)}${count}\r\n`,
  );

test("what people say changes what Rspamd says of the next message of its kind", async () => {
  const ann = await somebody();
  const watches = "cheap watches and pills delivered overnight wherever you are order at once";
  const minutes = "the minutes of the council meeting are attached please read before tuesday";
  for (let n = 0; n < 3; n++) {
    await put(ann, "inbox", about(watches));
    await put(ann, "junk", about(minutes));
  }
  await move(ann, "junk", "archive");
  await move(ann, "inbox", "junk");
  await teach();
  const envelope = {
    id: "x",
    mailFrom: "",
    recipients: [ann.address],
    ip: "192.0.2.1",
    helo: null,
    reverseName: null,
  };
  const says = async (theme: string): Promise<readonly string[]> =>
    (await rspamd.check(sourceOf(about(theme)), envelope)).symbols;
  // Its worker takes a moment to see how much has been learned.
  await until(async () => (await says(watches)).includes("BAYES_SPAM"));
  await until(async () => (await says(minutes)).includes("BAYES_HAM"));
  expect(await says(minutes)).not.toContain("BAYES_SPAM");
});

test("a release teaches ham, a deletion spam, each tenant its own", async () => {
  const people = [await somebody(), await somebody()];
  const before = await learned();
  for (const person of people) {
    const hold = async () => {
      const message = await prepareMessage(p.store, person.tenantId, sourceOf(mail()));
      const recipients = [{ accountId: person.accountId, address: person.address }];
      const [id] = await quarantineMessage(p.store, person.tenantId, message, {
        mailFrom: "",
        reasons: [{ code: "spam", detail: "" }],
        recipients,
        receivedAt: Date.now(),
      });
      if (id === undefined) throw new Error("not held");
      return id;
    };
    const who = { accountId: person.accountId, name: person.address, by: "web" as const };
    await releaseHeld(p.store, person.tenantId, who, await hold());
    await deleteHeld(p.store, person.tenantId, who, await hold());
  }
  await teach();
  expect(await learned()).toBe(before + 4);
  for (const person of people) expect(await taughtOf(person)).toEqual(["ham", "spam"]);
});

test("while Rspamd is away or refuses, lessons wait longer and longer; in the end they are dropped", async () => {
  const ann = await somebody();
  await put(ann, "inbox");
  await move(ann, "inbox", "junk");
  const [port = 0] = await freePorts(1);
  const nobody = `http://127.0.0.1:${port}`;
  const away = new Rspamd({ url: nobody, controllerUrl: nobody, password: undefined });
  const wrong = new Rspamd({ ...daemon, password: "wrong" });
  const before = await learned();
  await teach(1, away);
  expect(await queued(ann)).toBe(1);
  await teach(1.5, wrong); // not due again yet
  await teach(3, wrong);
  expect(logged.filter((line) => line.event === "lesson_failed")).toHaveLength(2);
  expect(JSON.stringify(logged)).not.toContain("number");
  await teach(10);
  expect(await learned()).toBe(before + 1);
  expect(await taughtOf(ann)).toEqual(["spam"]);
  expect(await queued(ann)).toBe(0);

  await move(ann, "junk", "inbox");
  let at = 20;
  for (let n = 0; n < 20; n++) await teach((at += 7 * 60), away);
  expect(await queued(ann)).toBe(0);
  expect(logged.at(-1)?.event).toBe("lesson_dropped");
  away.close();
  wrong.close();
});

const forget = (days: number): Promise<void> =>
  forgetLessonsJob({ db: p.db, log, clock: () => Date.now() + days * 1_440 * MINUTE }, false).run(
    new AbortController().signal,
  );

test("without a spam filter nothing is taught, and what was said is forgotten", async () => {
  const ann = await somebody();
  await put(ann, "inbox");
  await move(ann, "inbox", "junk");
  await teach(1, null);
  expect(await queued(ann)).toBe(1);
  await forget(2);
  expect(await queued(ann)).toBe(1);
  await forget(4);
  expect(await queued(ann)).toBe(0);
});

test("the waits double up to six hours, and end", () => {
  const waits = Array.from({ length: 14 }, (_, n) => retryLessonAt(n + 1, 0));
  expect(waits.slice(0, 4)).toEqual([MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]);
  expect(waits.at(-2)).toBe(360 * MINUTE);
  expect(waits.at(-1)).toBeNull();
});
