import { randomFillSync, scrypt } from "node:crypto";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { purgeSignInsJob, signInAttacksJob } from "../../smtp-relay/jobs/sign-in-attacks.ts";
import { insertRole } from "../../src/tenants/account.store.ts";
import {
  addUser,
  newTenancy,
  type Principal,
  type Scrypt,
  signIn,
  type SignInClient,
  type Tenancy,
} from "../../src/tenants/index.ts";
import { KeyRing } from "../../src/blob/index.ts";
import { startImapRelay } from "../support/imap-relay.ts";
import { LineClient } from "../support/line-client.ts";
import { PASSWORD, testPlatform, type TestPlatform } from "../support/platform.ts";
import { startPop3Relay } from "../support/pop3-relay.ts";
import { inboxOf, startSmtpRelay } from "../support/smtp-relay.ts";

const DOMAIN = "a.test";
let p: TestPlatform;
let owner: postgres.Sql;
let now = Date.now();
/** Calls of scrypt, of `guarded`. */
let hashed = 0;
/** The product's own, with a clock that the test moves. */
let guarded: Tenancy;

const cheap = (password: Uint8Array, salt: Uint8Array): Promise<Uint8Array<ArrayBuffer>> =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, 32, { N: 16, r: 1, p: 1 }, (error, key) => {
      if (error === null) resolve(new Uint8Array(key));
      else reject(error);
    });
  });

// Cheap: what is counted here are the calls.
const counted: Scrypt = (password, salt) => {
  hashed += 1;
  return cheap(password, salt);
};
const nobodyHashes: Scrypt = () => Promise.reject(new Error("nobody may hash here"));
const clock = () => now;
const random = (length: number) => randomFillSync(new Uint8Array(length));

beforeAll(async () => {
  p = await testPlatform();
  owner = postgres(p.database.ownerUrl, { max: 1, onnotice: () => undefined });
  await p.tenant("a", DOMAIN);
  const keys = new KeyRing(p.db, new Uint8Array(32).fill(7), clock, random);
  guarded = newTenancy({ db: p.db, keys, scrypt: counted, clock, random, hostedDomain: "hosted.test" });
});
afterAll(async () => {
  await owner.end();
  await p[Symbol.asyncDispose]();
});

let people = 0;
const person = async (): Promise<Principal> => {
  const { address } = await addUser(guarded, {
    address: `p${++people}@${DOMAIN}`,
    name: "",
    password: PASSWORD,
  });
  return signIn(guarded, address, PASSWORD, "web");
};
const from = (ip: string): SignInClient => ({ ip, protocol: "imap", isCounted: true });

interface Outcome {
  readonly code: string;
  readonly waitMs: number;
  readonly because: unknown;
}

/** How an attempt ends: `ok`, or the code of its failure. */
async function attempt(address: string, password: string, ip: string, tenancy = guarded): Promise<Outcome> {
  try {
    await signIn(tenancy, address, password, "imap", from(ip));
    return { code: "ok", waitMs: 0, because: undefined };
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || !("detail" in error)) throw error;
    const detail: unknown = error.detail;
    const facts = typeof detail === "object" && detail !== null ? { ...detail } : {};
    return {
      code: String(error.code),
      waitMs: "retryAfterMs" in facts ? Number(facts.retryAfterMs) : 0,
      because: "because" in facts ? facts.because : undefined,
    };
  }
}

/** Different wrong passwords, one after the other. */
async function guess(address: string, ip: string, count: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let n = 0; n < count; n++) outcomes.push(await attempt(address, `guess ${people} ${n}`, ip));
  return outcomes;
}

/** Failures that are written down already: arranged without the hashing that they would cost. */
const wrongFromEverywhere = async (address: string, networks: number): Promise<void> => {
  for (let n = 0; n < networks; n++)
    await attempt(address, "the same everywhere but here", `10.${people}.${n}.1`);
};

test("after ten wrong passwords one waits, longer for each further one, and it ends by itself", async () => {
  const { address } = await person();
  const ip = "203.0.113.1";
  expect(new Set((await guess(address, ip, 10)).map((one) => one.code))).toEqual(
    new Set(["credentials_wrong"]),
  );
  const waits: number[] = [];
  for (let n = 0; n < 7; n++) {
    const refused = await attempt(address, PASSWORD, ip);
    expect(refused).toMatchObject({ code: "sign_in_throttled", because: "pair" });
    waits.push(refused.waitMs);
    now += refused.waitMs;
    expect((await attempt(address, `later ${n}`, ip)).code).toBe("credentials_wrong");
  }
  expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  now += 60_000;
  expect((await attempt(address, PASSWORD, ip)).code).toBe("ok");
  // It was their owner: all is forgotten.
  expect(new Set((await guess(address, ip, 3)).map((one) => one.code))).toEqual(
    new Set(["credentials_wrong"]),
  );
});

const countedRows = () =>
  owner`select encode(key, 'hex') as key, failures, last_at::text, xmin::text from sign_in_failures order by key`;

test("a storm of guesses costs no scrypt and no write for each", { timeout: 60_000 }, async () => {
  const { address } = await person();
  const ip = "203.0.113.2";
  await guess(address, ip, 10);
  const [before, hashedBefore] = [await countedRows(), hashed];
  const storm = await Promise.all(Array.from({ length: 300 }, (_, n) => attempt(address, `storm ${n}`, ip)));
  expect(new Set(storm.map((one) => one.code))).toEqual(new Set(["sign_in_throttled"]));
  expect(hashed).toBe(hashedBefore);
  expect(await countedRows()).toEqual(before);
  // When the wait is over, one of a hundred goes.
  now += 2_000;
  const next = await Promise.all(Array.from({ length: 100 }, (_, n) => attempt(address, `next ${n}`, ip)));
  expect(next.filter((one) => one.code === "credentials_wrong")).toHaveLength(1);
  expect(hashed).toBe(hashedBefore + 1);
});

test("of many guesses at the same moment no more go than of as many one after the other", async () => {
  const { address } = await person();
  const outcomes = await Promise.all(
    Array.from({ length: 60 }, (_, n) => attempt(address, `at once ${n}`, "203.0.113.3")),
  );
  expect(outcomes.filter((one) => one.code === "credentials_wrong").length).toBeLessThanOrEqual(10);
});

test("a program that has an old password and asks again and again has guessed once, and costs one scrypt", async () => {
  const { address } = await person();
  const before = hashed;
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, () => attempt(address, "old", "203.0.113.4")),
  );
  for (let n = 0; n < 20; n++) outcomes.push(await attempt(address, "old", "203.0.113.4"));
  expect(new Set(outcomes.map((one) => one.code))).toEqual(new Set(["credentials_wrong"]));
  expect(hashed).toBe(before + 1);
  expect((await attempt(address, PASSWORD, "203.0.113.4")).code).toBe("ok");
});

test(
  "guesses from everywhere stop strangers, not the owner where they have signed in before",
  { timeout: 60_000 },
  async () => {
    const { address } = await person();
    expect((await attempt(address, PASSWORD, "198.51.100.7")).code).toBe("ok");
    for (let n = 0; n < 20; n++)
      expect((await attempt(address, `everywhere ${n}`, `10.0.${n}.1`)).code).toBe("credentials_wrong");
    expect(await attempt(address, PASSWORD, "203.0.113.77")).toMatchObject({
      code: "sign_in_throttled",
      because: "account",
    });
    // Another address of the network at home.
    expect((await attempt(address, PASSWORD, "198.51.100.201")).code).toBe("ok");
    // It was they, so the guesses are forgotten.
    expect((await attempt(address, PASSWORD, "203.0.113.77")).code).toBe("ok");
  },
);

test(
  "one address that tries many accounts waits, its network after more; who succeeds forgives only their own",
  { timeout: 60_000 },
  async () => {
    const victims = await Promise.all(Array.from({ length: 6 }, person));
    const own = await person();
    const ip = "192.0.2.10";
    await attempt(own.address, "typed wrong", ip);
    for (let n = 0; n < 28; n++) await attempt(victims[n % 6]?.address ?? "", `many ${n}`, ip);
    // 29 of this address; the right password takes one of them back.
    expect((await attempt(own.address, PASSWORD, ip)).code).toBe("ok");
    for (let n = 28; n < 30; n++)
      expect((await attempt(victims[n % 6]?.address ?? "", `many ${n}`, ip)).code).toBe("credentials_wrong");
    const refused = await attempt("somebody-else@a.test", "x", ip);
    expect(refused).toMatchObject({ code: "sign_in_throttled", because: "address" });
    expect((await attempt(own.address, PASSWORD, ip)).code).toBe("ok");
    expect((await attempt("somebody-else@a.test", "x", "192.0.2.11")).code).toBe("credentials_wrong");
  },
);

const told = async (who: string, ip: string) => {
  const before = hashed;
  const outcomes = await guess(who, ip, 11);
  return { codes: outcomes.map((one) => one.code), hashes: hashed - before };
};

test(
  "an address that does not exist, here or elsewhere, is told the same and takes as long",
  { timeout: 60_000 },
  async () => {
    const { address } = await person();
    const known = await told(address, "203.0.113.5");
    expect(known.hashes).toBe(10);
    expect(known.codes.at(-1)).toBe("sign_in_throttled");
    expect(await told(`nobody${people}@${DOMAIN}`, "203.0.114.5")).toEqual(known);
    expect(await told(`nobody${people}@elsewhere.test`, "203.0.115.5")).toEqual(known);
    expect(await told("no address", "203.0.116.5")).toEqual(known);
  },
);

test(
  "what it was is in the agency's audit log, and administrators hear of an attack once",
  { timeout: 60_000 },
  async () => {
    const { address, accountId, tenantId } = await person();
    const admin = await person();
    await p.db.tenant(tenantId, (tx) => insertRole(tx, admin.accountId, "admin"));
    await wrongFromEverywhere(address, 1);
    for (let n = 0; n < 20; n++) await attempt(address, `audited ${n}`, `10.9.${n}.1`);
    const rows =
      await owner`select action, subject, detail from audit_log where tenant_id = ${tenantId} and subject = ${address} and action like 'sign_in%'`;
    expect(rows).toEqual([
      {
        action: "sign_in.throttled",
        subject: address,
        detail: {
          place: "account",
          failures: 20,
          protocol: "imap",
          address: expect.stringMatching(/^10\.9\./),
          network: expect.stringMatching(/^10\.9\..*\/24$/),
        },
      },
    ]);
    await using relay = await startSmtpRelay(p);
    const job = signInAttacksJob(relay);
    for (let n = 0; n < 2; n++) await job.run(new AbortController().signal);
    const alerts =
      await owner`select kind, detail ->> 'failures' as failures, detail ->> 'account' as account from alerts
    where tenant_id = ${tenantId} and subject = ${address}`;
    expect(alerts).toEqual([{ kind: "sign_in_attack", failures: "20", account: address }]);
    const letters = (await inboxOf(p, admin)).map(String).filter((one) => one.includes(address));
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatch(/Subject: Somebody tries passwords/);
    expect(await inboxOf(p, { ...admin, accountId, address })).toEqual([]);
  },
);

const key = (n: number): string => `decode(repeat('0${n}', 16), 'hex')`;

test("what is old is forgotten, and nothing else", async () => {
  const { address, tenantId } = await person();
  await attempt(address, "typed wrong", "203.0.113.8");
  const old = "now() - interval '100 days'";
  await owner.unsafe(`insert into sign_in_failures values (${key(1)}, 5, ${old})`);
  await owner.unsafe(`insert into sign_in_networks values (${key(2)}, ${old})`);
  await owner.unsafe(
    `insert into sign_in_attacks (tenant_id, subject, day, at, told_at) values ('${tenantId}', 'old', '2020-01-01', ${old}, ${old})`,
  );
  const left = async (): Promise<readonly number[]> => {
    const rows = await owner<{ n: number }[]>`
      select count(*)::int as n from sign_in_failures where key = decode(repeat('01', 16), 'hex')
      union all select count(*)::int from sign_in_networks where key = decode(repeat('02', 16), 'hex')
      union all select count(*)::int from sign_in_attacks where subject = 'old'`;
    return rows.map((row) => row.n);
  };
  expect(await left()).toEqual([1, 1, 1]);
  const before = await countedRows();
  await using relay = await startSmtpRelay(p);
  await purgeSignInsJob(relay).run(new AbortController().signal);
  expect(await left()).toEqual([0, 0, 0]);
  expect((await countedRows()).length).toBe(before.length - 1);
});

test("this machine is not counted", async () => {
  const { address } = await person();
  const local: SignInClient = { ip: "127.0.0.1", protocol: "imap", isCounted: false };
  for (let n = 0; n < 15; n++)
    await expect(signIn(guarded, address, `local ${n}`, "imap", local)).rejects.toMatchObject({
      code: "credentials_wrong",
    });
  expect((await attempt(address, PASSWORD, "127.0.0.1")).code).toBe("ok");
});

test("the counts survive when the database that holds them does, and only what is old is forgotten", async () => {
  const { address } = await person();
  await guess(address, "203.0.113.6", 10);
  expect((await attempt(address, PASSWORD, "203.0.113.6")).code).toBe("sign_in_throttled");
  // Another process has nothing in memory.
  const keys = new KeyRing(p.db, new Uint8Array(32).fill(7), clock, random);
  const other = newTenancy({
    db: p.db,
    keys,
    scrypt: nobodyHashes,
    clock,
    random,
    hostedDomain: "hosted.test",
  });
  expect((await attempt(address, PASSWORD, "203.0.113.6", other)).code).toBe("sign_in_throttled");
  now += 61 * 60_000;
  expect((await attempt(address, PASSWORD, "203.0.113.6")).code).toBe("ok");
});

/** What a client from outside is told over the wire, of a wrong password and after ten. */
test("IMAP, submission and POP3 say how long to wait, and count together", { timeout: 120_000 }, async () => {
  const proxyFrom = ["127.0.0.1/32"];
  await using imap = await startImapRelay(p, { cleartextLogin: "always" }, proxyFrom);
  await using pop3 = await startPop3Relay(p, { cleartextLogin: "always", proxyFrom });
  await using smtp = await startSmtpRelay(p, { cleartextLogin: "always", proxyFrom });
  const { address } = await p.person(`wire@${DOMAIN}`);
  const ip = "203.0.113.50";
  const client = from(ip);
  for (let n = 0; n < 7; n++)
    await expect(signIn(p.tenancy, address, `wire ${n}`, "imap", client)).rejects.toMatchObject({
      code: "credentials_wrong",
    });
  const overImap = async (password: string): Promise<string> => {
    using c = await LineClient.connect({ port: imap.server.imap.port, from: ip });
    await c.line();
    return await c.say(`a LOGIN ${address} "${password}"`);
  };
  const overImapSasl = async (password: string): Promise<string> => {
    using c = await LineClient.connect({ port: imap.server.imap.port, from: ip });
    await c.line();
    return await c.say(`a AUTHENTICATE PLAIN ${btoa(`\0${address}\0${password}`)}`);
  };
  const overPop3 = async (password: string): Promise<string> => {
    using c = await LineClient.connect({ port: pop3.server.pop3.port, from: ip });
    await c.line();
    await c.say(`USER ${address}`);
    return await c.say(`PASS ${password}`);
  };
  const overSmtp = async (password: string): Promise<string> => {
    using c = await LineClient.connect({ port: smtp.ports.submission, from: ip });
    await c.line();
    await c.say("EHLO client.test");
    await c.until(/^250 /);
    return await c.say(`AUTH PLAIN ${btoa(`\0${address}\0${password}`)}`);
  };
  expect(await overImap("wire imap")).toMatch(/^a NO \[AUTHENTICATIONFAILED\]/);
  expect(await overPop3("wire pop3")).toMatch(/^-ERR \[AUTH\]/);
  expect(await overSmtp("wire smtp")).toMatch(/^535 5\.7\.8 /);
  // Those answers were held back for longer than the first wait lasts: as if five more had come.
  await owner`update sign_in_failures set failures = 15, last_at = now() where failures = 10`;
  const answers = await Promise.all(
    [overImap, overImapSasl, overPop3, overSmtp].map((over) => over(PASSWORD)),
  );
  const [one, two, three, four] = answers;
  expect(one).toMatch(/^a NO \[UNAVAILABLE\] Too many failed sign-ins\. Please try again in \d+ seconds?\.$/);
  expect(two).toMatch(/^a NO \[UNAVAILABLE\] Too many failed sign-ins\. Please try again in \d+ seconds?\.$/);
  expect(three).toMatch(/^-ERR \[SYS\/TEMP\] Too many failed sign-ins\. Please try again in \d+ seconds?\.$/);
  expect(four).toMatch(/^421 4\.7\.0 .*Too many failed sign-ins\. Please try again in \d+ seconds?\.$/);
  // Somebody else at another place has heard nothing of it.
  const bob = await p.person(`bob@${DOMAIN}`);
  using c = await LineClient.connect({ port: imap.server.imap.port, from: "2001:db8::5" });
  await c.line();
  expect(await c.say(`a LOGIN ${bob.address} "${PASSWORD}"`)).toMatch(/^a OK /);
});
