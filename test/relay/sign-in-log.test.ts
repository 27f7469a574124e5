import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { purgeSignInsJob } from "../../smtp-relay/jobs/sign-in-attacks.ts";
import { listSignIns, type Principal } from "../../src/tenants/index.ts";
import { type ImapRelay, startImapRelay } from "../support/imap-relay.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";
import { type SmtpRelay, startSmtpRelay, until } from "../support/smtp-relay.ts";

let platform: TestPlatform;
let imap: ImapRelay;
let smtp: SmtpRelay;
let owner: postgres.Sql;
let pat: Principal;
beforeAll(async () => {
  platform = await testPlatform();
  [imap, smtp] = [await startImapRelay(platform), await startSmtpRelay(platform)];
  owner = postgres(platform.database.ownerUrl, { max: 1, onnotice: () => undefined });
  await platform.tenant("acme", "acme.test");
  pat = await platform.person("pat@acme.test");
});
afterAll(async () => {
  await owner.end();
  await smtp[Symbol.asyncDispose]();
  await imap[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

const lines = async (): Promise<string[]> => {
  await platform.tenancy.signIns.flush();
  const found = await platform.db.tenant(pat.tenantId, (tx) =>
    listSignIns(tx, { limit: 100, after: null, accountId: pat.accountId }),
  );
  return found.map((one) => `${one.protocol} ${one.network} ${one.succeeded} ${one.count}`).toSorted();
};

test("sign-ins by IMAP and SMTP are one line for an hour each, and what the product does itself is none", async () => {
  for (let n = 0; n < 3; n++) (await imap.login(pat.address)).close();
  (await smtp.submission(pat.address)).close();
  const wrong = await imap.connect();
  await expect(wrong.command(`LOGIN ${pat.address} "not the password"`)).resolves.toMatchObject({});
  wrong.close();
  expect(await lines()).toEqual([
    "imap 127.0.0.0/24 false 1",
    "imap 127.0.0.0/24 true 3",
    "submission 127.0.0.0/24 true 1",
  ]);
  // What comes later in the hour is added.
  (await imap.login(pat.address)).close();
  expect(await lines()).toContain("imap 127.0.0.0/24 true 4");
});

test("a thousand sign-ins at once are written as one line", async () => {
  const client = { ip: "198.51.100.7", protocol: "pop3", isCounted: true } as const;
  const note = { tenantId: pat.tenantId, address: pat.address, client, isWeb: false, succeeded: true };
  for (let n = 0; n < 1_000; n++) platform.tenancy.signIns.note(note);
  expect(await lines()).toContain("pop3 198.51.100.0/24 true 1000");
});

test("somebody who tries every address fills no table", async () => {
  for (let n = 0; n < 1_000; n++)
    platform.tenancy.signIns.note({
      tenantId: pat.tenantId,
      address: `guess${n}@acme.test`,
      client: { ip: "203.0.113.5", protocol: "imap", isCounted: true },
      isWeb: false,
      succeeded: false,
    });
  await platform.tenancy.signIns.flush();
  const [row] = await owner`select count(*)::int as n from sign_ins where address like 'guess%'`;
  expect(row?.["n"]).toBeLessThanOrEqual(200);
  expect(row?.["n"]).toBeGreaterThan(100);
});

test("what can't be written now is written later", async () => {
  const client = { ip: "192.0.2.1", protocol: "sieve", isCounted: true } as const;
  const note = { tenantId: pat.tenantId, address: pat.address, client, isWeb: false, succeeded: true };
  // The connections of the application end under it: whichever of them is used next fails.
  platform.tenancy.signIns.note(note);
  await owner`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'angelia_app' and datname = current_database()`;
  const written = await until(async () => {
    const found = await lines().catch((): string[] => []);
    return found.includes("sieve 192.0.2.0/24 true 1");
  });
  expect(written).toBe(true);
});

test("sign-ins of 90 days ago are forgotten", async () => {
  await owner`update sign_ins set hour = now() - interval '91 days' where address like 'guess%'`;
  await purgeSignInsJob(smtp).run(new AbortController().signal);
  const [row] =
    await owner`select count(*) filter (where address like 'guess%')::int as old, count(*)::int as all from sign_ins`;
  expect(row?.["old"]).toBe(0);
  expect(row?.["all"]).toBeGreaterThan(0);
});
