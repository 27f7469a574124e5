import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import type { MailPolicyInput } from "../../src/contract/mail-policy.ts";
import type { HoldReason } from "../../src/contract/quarantine.ts";
import { prepareMessage } from "../../src/mailstore/index.ts";
import {
  bodyParts,
  decodeText,
  decodeTransfer,
  indexMessage,
} from "../../src/protocol/mime-structure/index.ts";
import { decodeWords } from "../../src/protocol/header/index.ts";
import {
  type DigestDeps,
  type HeldId,
  quarantineMessage,
  readLink,
  releaseHeld,
  sendDigests,
} from "../../src/quarantine/index.ts";
import { type Principal, upsertMailPolicy } from "../../src/tenants/index.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";
import { type Agency, inboxOf, newPeople, until } from "../support/smtp-relay.ts";

const HOUR = 3_600_000;
const SPAM: readonly HoldReason[] = [{ code: "spam", detail: "score 14" }];

let p: TestPlatform;
let owner: postgres.Sql;
beforeAll(async () => {
  p = await testPlatform();
  owner = postgres(p.database.ownerUrl, { max: 2, onnotice: () => undefined });
});
afterAll(async () => {
  await owner.end();
  await p[Symbol.asyncDispose]();
});

let count = 0;
async function agency(policy: MailPolicyInput = {}): Promise<Agency> {
  const slug = `agency${++count}`;
  const domain = `${slug}.test`;
  const tenantId = await p.tenant(slug, domain);
  await p.db.tenant(tenantId, (tx) => upsertMailPolicy(tx, policy));
  return { slug, domain, tenantId };
}
async function somebody(of: Agency, locale = "en"): Promise<Principal> {
  const [person] = await newPeople(p, of, [undefined]);
  if (person === undefined) throw new Error("nobody");
  await owner`update accounts set locale = ${locale} where id = ${person.accountId}`;
  return person;
}
async function hold(person: Principal, subject: string, reasons = SPAM): Promise<HeldId> {
  const raw = new TextEncoder().encode(
    `From: "Eve <b>&" <eve@evil.test>\r\nSubject: ${subject}\r\n\r\n${++count}\r\n`,
  );
  const message = await prepareMessage(p.store, person.tenantId, sourceOf(raw));
  const [id] = await quarantineMessage(p.store, person.tenantId, message, {
    mailFrom: "eve@evil.test",
    reasons,
    recipients: [{ accountId: person.accountId, address: person.address }],
    receivedAt: Date.now(),
  });
  if (id === undefined) throw new Error("nothing was held");
  return id;
}

/** The job, so many hours from now. */
const digestsAfter = (hours: number): Promise<number> => {
  const store = { ...p.store, clock: () => Date.now() + hours * HOUR };
  const deps: DigestDeps = {
    store,
    tenancy: p.tenancy,
    hostname: "mx.hosted.test",
    publicUrl: "https://mail.example.gov",
  };
  return sendDigests(deps, () => false);
};

interface Read {
  readonly header: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}
/** What a mail program makes of a digest. */
function read(raw: Buffer): Read {
  const index = indexMessage(raw);
  const { textBody, htmlBody } = bodyParts(index);
  const content = (part: (typeof textBody)[number] | undefined): string => {
    if (part === undefined || part.blob === null) throw new Error("no such part");
    const bytes = decodeTransfer(raw.subarray(part.blob.start, part.blob.end), part.blob.encoding);
    return decodeText(bytes, part.charset ?? "").text;
  };
  return {
    header: raw.subarray(0, index.root.at[1]).toString(),
    subject: decodeWords(index.env.subject ?? ""),
    text: content(textBody[0]),
    html: content(htmlBody[0]),
  };
}
const digestsOf = async (person: Principal): Promise<Read[]> => (await inboxOf(p, person)).map(read);
const linksIn = (text: string): string[] =>
  [...text.matchAll(/https:\/\/mail\.example\.gov\/release#([a-z0-9.]+)/g)].map(([, token]) => token ?? "");

test("a digest tells in plain words what is held, with links that release and delete just that", async () => {
  const acme = await agency();
  const ann = await somebody(acme);
  const first = await hold(ann, "cheap <i>watches</i>");
  const second = await hold(ann, "your bill", [{ code: "attachment", detail: "bill.exe" }]);
  expect(await digestsAfter(0)).toBe(1);
  const [digest, more] = await digestsOf(ann);
  if (digest === undefined) throw new Error("no digest");
  expect(more).toBeUndefined();
  expect(digest.subject).toBe("2 messages are held for you");
  expect(digest.header).toMatch(/^Return-Path: <>\r\n/);
  expect(digest.header).toMatch(new RegExp(`^From: "?Held messages"? <postmaster@${acme.domain}>\r$`, "m"));
  expect(digest.header).toMatch(/^Auto-Submitted: auto-generated\r$/m);
  expect(digest.header).toMatch(/^Message-ID: <[^<>\s]+@mx\.hosted\.test>\r$/m);
  for (const shown of ["It looks like spam.", "a kind of file that can be dangerous", "eve@evil.test"]) {
    expect(digest.text).toContain(shown);
    expect(digest.html).toContain(shown);
  }
  expect(digest.text).toContain("cheap <i>watches</i>");
  expect(digest.html).toContain("cheap &lt;i&gt;watches&lt;/i&gt;");
  expect(digest.html).not.toContain("<i>");
  expect(digest.text).toContain("https://mail.example.gov/held");
  expect(linksIn(digest.html).toSorted()).toEqual(linksIn(digest.text).toSorted());
  const claims = await Promise.all(
    linksIn(digest.text).map((token) => readLink(p.tenancy.keys, token, Date.now())),
  );
  expect(claims.map((one) => [one.id, one.action])).toEqual([
    [second, "release"],
    [second, "delete"],
    [first, "release"],
    [first, "delete"],
  ]);
  for (const claim of claims) {
    expect(claim).toMatchObject({ tenantId: acme.tenantId, accountId: ann.accountId });
    expect(claim.expiresAt).toBeGreaterThan(Date.now() + 29 * 24 * HOUR);
  }
});

test("it is in the reader's language, and only an administrator may let a virus out", async () => {
  const acme = await agency();
  const nikos = await somebody(acme, "el");
  await hold(nikos, "=?utf-8?B?zprOsc67zrfOvM6tz4HOsQ==?=", [{ code: "virus", detail: "Eicar" }]);
  await digestsAfter(0);
  const [digest] = await digestsOf(nikos);
  expect(digest?.subject).toBe("Ένα μήνυμα κρατήθηκε για εσάς");
  expect(digest?.text).toContain("Καλημέρα");
  expect(digest?.text).toContain("Βρέθηκε ιός");
  expect(digest?.text).toContain("Μόνο ο διαχειριστής");
  expect(digest?.html).toContain('lang="el"');
  const claims = await Promise.all(
    linksIn(digest?.text ?? "").map((token) => readLink(p.tenancy.keys, token, Date.now())),
  );
  expect(claims.map((one) => one.action)).toEqual(["delete"]);
});

test("each message is told once, once a day, and nothing is said when nothing is new", async () => {
  const acme = await agency();
  const ann = await somebody(acme);
  await hold(ann, "monday");
  expect(await digestsAfter(0)).toBe(1);
  expect(await digestsAfter(0)).toBe(0);
  await hold(ann, "tuesday");
  expect(await digestsAfter(20)).toBe(0);
  expect(await digestsAfter(24)).toBe(1);
  expect(await digestsAfter(49)).toBe(0);
  const [monday, tuesday] = await digestsOf(ann);
  expect(monday?.text).toContain("monday");
  expect(tuesday?.text).toContain("tuesday");
  expect(tuesday?.text).not.toContain("monday");
});

test("an agency has it hourly, or not at all", async () => {
  const [hourly, never] = [await agency({ digest: "hourly" }), await agency({ digest: "never" })];
  const [ann, ben] = [await somebody(hourly), await somebody(never)];
  await hold(ann, "one");
  await hold(ben, "one");
  expect(await digestsAfter(0)).toBe(1);
  await hold(ann, "two");
  expect(await digestsAfter(1)).toBe(1);
  expect(await digestsAfter(200)).toBe(0);
  expect(await digestsOf(ann)).toHaveLength(2);
  expect(await digestsOf(ben)).toEqual([]);
});

test("what is decided before the digest is not in it, and who is switched off gets none", async () => {
  const acme = await agency();
  const [ann, off] = [await somebody(acme), await somebody(acme)];
  const id = await hold(ann, "released");
  await hold(off, "for nobody");
  await owner`update accounts set disabled_at = now() where id = ${off.accountId}`;
  await releaseHeld(p.store, acme.tenantId, { accountId: null, name: "operator", by: "cli" }, id);
  expect(await digestsAfter(0)).toBe(0);
  expect(await digestsOf(off)).toEqual([]);
});

test("a long list is cut, and all of it counts as told; a full mailbox gets its digest all the same", async () => {
  const acme = await agency();
  const ann = await somebody(acme);
  for (let n = 0; n < 53; n++) await hold(ann, `number ${n}.`);
  await owner`update accounts set quota_bytes = 0 where id = ${ann.accountId}`;
  expect(await digestsAfter(0)).toBe(1);
  expect(await digestsAfter(48)).toBe(0);
  const [digest] = await digestsOf(ann);
  expect(digest?.subject).toBe("53 messages are held for you");
  expect(digest?.text).toContain("number 52.");
  expect(digest?.text).not.toContain("number 2.");
  expect(digest?.text).toContain("3 more messages are not listed here.");
});

test("two processes at once send one; one that breaks off in the middle loses nothing and doubles nothing", async () => {
  const acme = await agency();
  const people = [await somebody(acme), await somebody(acme), await somebody(acme)];
  for (const person of people) await hold(person, "held");
  const sums = await Promise.all([digestsAfter(0), digestsAfter(0), digestsAfter(0), digestsAfter(0)]);
  expect(sums.reduce((sum, one) => sum + one, 0)).toBe(3);
  for (const person of people) expect(await digestsOf(person)).toHaveLength(1);

  const [ann] = people;
  if (ann === undefined) throw new Error("nobody");
  await hold(ann, "the next day");
  // The note is written, the delivery waits for the account: PostgreSQL breaks it off there.
  await owner.begin(async (tx) => {
    await tx`select 1 from accounts where id = ${ann.accountId} for no key update`;
    const running = digestsAfter(24);
    running.catch(() => undefined);
    await until(async () => {
      const broken = await owner`
        select pg_cancel_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()`;
      return broken.length > 0;
    });
    await expect(running).rejects.toThrow(/cancel/);
  });
  expect(await digestsOf(ann)).toHaveLength(1);
  expect(await digestsAfter(24)).toBe(1);
  expect(await digestsAfter(24)).toBe(0);
  expect((await digestsOf(ann)).map((one) => one.text.includes("the next day"))).toEqual([false, true]);
});
