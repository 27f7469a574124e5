import { spawnSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { TLSSocket } from "node:tls";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serverEndPoint } from "../../smtp-relay/listen/channel-binding.ts";
import { addAppPassword, importUsers, setPassword, signIn, signUp } from "../../src/tenants/index.ts";
import { disableAccount } from "../support/disable-account.ts";
import { type ImapRelay, startImapRelay } from "../support/imap-relay.ts";
import { LineClient } from "../support/line-client.ts";
import { PASSWORD, testPlatform, type TestPlatform } from "../support/platform.ts";
import { needs } from "../support/programs.ts";
import { type Pop3Relay, startPop3Relay } from "../support/pop3-relay.ts";
import { ScramClient, type ScramOptions } from "../support/scram-client.ts";
import { type SmtpRelay, startSmtpRelay } from "../support/smtp-relay.ts";

const BOB = "bob@a.test";
let p: TestPlatform;
let owner: postgres.Sql;
let imap: ImapRelay;
let pop3: Pop3Relay;
let smtp: SmtpRelay;

beforeAll(async () => {
  p = await testPlatform();
  owner = postgres(p.database.ownerUrl, { max: 1, onnotice: () => undefined });
  await p.tenant("a", "a.test");
  await p.person(BOB);
  imap = await startImapRelay(p);
  pop3 = await startPop3Relay(p);
  smtp = await startSmtpRelay(p);
});
afterAll(async () => {
  await Promise.all([imap, pop3, smtp].map((one) => one[Symbol.asyncDispose]()));
  await owner.end();
  await p[Symbol.asyncDispose]();
});

/** A session that has been greeted, and how its protocol says things. */
interface Speaker extends Disposable {
  readonly client: LineClient;
  /** The mechanisms that it offers. */
  readonly mechanisms: readonly string[];
  /** Begins an exchange. @returns the server's challenge without its base64, or the end as a line */
  auth(mechanism: string, initial?: string): Promise<string>;
  /** The next message of the exchange. */
  next(message: string): Promise<string>;
}

type Protocol = "imap" | "pop3" | "smtp";
const PROTOCOLS: readonly Protocol[] = ["imap", "pop3", "smtp"];

/** What each protocol says at the end of an exchange. */
const SAID: Readonly<
  Record<Protocol, Readonly<Record<"ok" | "wrong" | "cancelled" | "malformed" | "unknown" | "other", RegExp>>>
> = {
  imap: {
    ok: /^a OK \[CAPABILITY /,
    wrong: /^a NO \[AUTHENTICATIONFAILED\]/,
    cancelled: /^a BAD /,
    malformed: /^a BAD /,
    unknown: /^a NO \[CANNOT\]/,
    other: /^a NO \[AUTHORIZATIONFAILED\]/,
  },
  pop3: {
    ok: /^\+OK /,
    wrong: /^-ERR \[AUTH\]/,
    cancelled: /^-ERR /,
    malformed: /^-ERR /,
    unknown: /^-ERR /,
    other: /^-ERR \[AUTH\]/,
  },
  smtp: {
    ok: /^235 2\.7\.0 /,
    wrong: /^535 5\.7\.8 /,
    cancelled: /^501 5\.7\.0 /,
    malformed: /^501 5\.5\.2 /,
    unknown: /^504 5\.5\.4 /,
    other: /^535 5\.7\.8 /,
  },
};

const encode = (message: string): string => Buffer.from(message).toString("base64");

async function speak(protocol: Protocol, tls = false): Promise<Speaker> {
  const ports = {
    imap: tls ? imap.server.imaps.port : imap.server.imap.port,
    pop3: tls ? pop3.server.pop3s.port : pop3.server.pop3.port,
    smtp: tls ? smtp.ports.submissions : smtp.ports.submission,
  };
  const client = await LineClient.connect({ port: ports[protocol], tls });
  const greeting = await client.line();
  let offered = greeting;
  if (protocol === "pop3") {
    await client.say("CAPA");
    offered = await client.until(/^SASL /);
    await client.until(/^\.$/);
  }
  if (protocol === "smtp") {
    client.socket.write("EHLO client.test\r\n");
    offered = await client.until(/^250-AUTH /);
    await client.until(/^250 /);
  }
  const mechanisms =
    protocol === "imap"
      ? [...offered.matchAll(/ AUTH=([^ \]]+)/g)].flatMap((one) => one[1] ?? [])
      : offered.split(" ").slice(1);
  const read = (line: string): string => {
    const challenge = protocol === "smtp" ? /^334 (.*)$/.exec(line) : /^\+ (.*)$/.exec(line);
    return challenge?.[1] === undefined ? line : Buffer.from(challenge[1], "base64").toString();
  };
  const verb = protocol === "imap" ? "a AUTHENTICATE" : "AUTH";
  return {
    client,
    mechanisms,
    auth: async (mechanism, initial) =>
      read(
        await client.say(
          initial === undefined ? `${verb} ${mechanism}` : `${verb} ${mechanism} ${encode(initial) || "="}`,
        ),
      ),
    next: async (message) => read(await client.say(message === "*" ? "*" : encode(message))),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

/** A whole exchange. @returns its last line, and whether the server proved itself */
async function scram(
  session: Speaker,
  user: string,
  password: string,
  options: ScramOptions & { readonly mechanism?: string; readonly late?: boolean } = {},
): Promise<{ readonly end: string; readonly isServer: boolean }> {
  const { mechanism = "SCRAM-SHA-256", late = false } = options;
  const client = new ScramClient(user, password, options);
  const begun = late ? await session.auth(mechanism) : "";
  if (late && begun !== "") return { end: begun, isServer: false };
  const challenge = late ? await session.next(client.first) : await session.auth(mechanism, client.first);
  if (!challenge.startsWith("r=")) return { end: challenge, isServer: false };
  const proof = await session.next(client.final(challenge));
  if (!proof.startsWith("v=")) return { end: proof, isServer: false };
  return { end: await session.next(""), isServer: client.isServer(proof) };
}

describe.each(PROTOCOLS)("%s", (protocol) => {
  const said = SAID[protocol];

  test("what is offered is what works; binding to the channel in TLS alone", async () => {
    using clear = await speak(protocol);
    const all = ["PLAIN", "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2"];
    const more = protocol === "smtp" ? ["LOGIN"] : [];
    expect(clear.mechanisms.toSorted()).toEqual([...all, ...more].toSorted());
    using secure = await speak(protocol, true);
    expect(secure.mechanisms.toSorted()).toEqual([...all, ...more, "SCRAM-SHA-256-PLUS"].toSorted());
    expect(await clear.auth("SCRAM-SHA-256-PLUS")).toMatch(said.unknown);
    expect(await clear.auth("CRAM-MD5")).toMatch(said.unknown);
  });

  test("SCRAM signs in, with and without a first response, and proves the server", async () => {
    for (const late of [false, true]) {
      using session = await speak(protocol);
      const { end, isServer } = await scram(session, BOB, PASSWORD, { late });
      expect(end).toMatch(said.ok);
      expect(isServer).toBe(true);
    }
    using session = await speak(protocol);
    expect((await scram(session, "BOB@A.TEST", PASSWORD)).end).toMatch(said.ok);
  });

  test("a wrong password, an unknown person and an unknown domain: the same answer at the same place", async () => {
    using session = await speak(protocol);
    for (const [user, password] of [
      [BOB, "wrong"],
      ["eve@a.test", PASSWORD],
    ] as const)
      expect((await scram(session, user, password)).end).toMatch(said.wrong);
    using another = await speak(protocol);
    expect((await scram(another, "bob@elsewhere.test", PASSWORD)).end).toMatch(said.wrong);
    expect((await scram(another, BOB, PASSWORD)).end).toMatch(said.ok);
  });

  test("SCRAM-PLUS binds to this connection: by the exporter, and by the certificate", async () => {
    for (const type of ["tls-exporter", "tls-server-end-point"]) {
      using session = await speak(protocol, true);
      const { socket } = session.client;
      if (!(socket instanceof TLSSocket)) throw new Error("no TLS");
      expect(socket.getProtocol()).toBe("TLSv1.3");
      const { raw } = socket.getPeerCertificate();
      const channel =
        type === "tls-exporter"
          ? socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0))
          : createHash("sha256").update(raw).digest();
      expect(new X509Certificate(raw).signatureAlgorithm).toMatch(/sha256/i);
      const options = { mechanism: "SCRAM-SHA-256-PLUS", header: `p=${type},,` };
      const elsewhere = await scram(session, BOB, PASSWORD, { ...options, channel: Buffer.alloc(32) });
      expect(elsewhere.end).toMatch(said.wrong);
      const { end, isServer } = await scram(session, BOB, PASSWORD, { ...options, channel });
      expect(end).toMatch(said.ok);
      expect(isServer).toBe(true);
    }
  });

  test("who saw no -PLUS in TLS though it is there is not let in", async () => {
    using session = await speak(protocol, true);
    expect((await scram(session, BOB, PASSWORD, { header: "y,," })).end).toMatch(said.wrong);
    const unbound = { mechanism: "SCRAM-SHA-256-PLUS", header: "n,," };
    expect((await scram(session, BOB, PASSWORD, unbound)).end).toMatch(said.wrong);
    using again = await speak(protocol, true);
    const unique = { mechanism: "SCRAM-SHA-256-PLUS", header: "p=tls-unique,," };
    expect((await scram(again, BOB, PASSWORD, unique)).end).toMatch(said.wrong);
    expect((await scram(again, BOB, PASSWORD)).end).toMatch(said.ok);
    using clear = await speak(protocol);
    expect((await scram(clear, BOB, PASSWORD, { header: "y,," })).end).toMatch(said.ok);
  });

  test("nobody acts as somebody else; as oneself is no harm", async () => {
    using session = await speak(protocol);
    expect((await scram(session, BOB, PASSWORD, { header: "n,a=eve@a.test," })).end).toMatch(said.other);
    expect(await session.auth("PLAIN", `eve@a.test\0${BOB}\0${PASSWORD}`)).toMatch(said.other);
    expect((await scram(session, BOB, PASSWORD, { header: `n,a=${BOB},` })).end).toMatch(said.ok);
  });

  test("cancelled and malformed exchanges have their own answers, and the session goes on", async () => {
    using session = await speak(protocol);
    for (const mechanism of ["PLAIN", "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2"]) {
      expect(await session.auth(mechanism)).toBe("");
      expect(await session.next("*")).toMatch(said.cancelled);
      expect(await session.auth(mechanism, "nonsense")).toMatch(said.malformed);
      await session.auth(mechanism);
      expect(await session.client.say("no base64!")).toMatch(said.malformed);
    }
    const client = new ScramClient(BOB, PASSWORD);
    const challenge = await session.auth("SCRAM-SHA-256", client.first);
    expect(challenge).toMatch(/^r=.+,s=.+,i=4096$/);
    expect(await session.next("*")).toMatch(said.cancelled);
    // The proof of another exchange is worth nothing.
    const other = await session.auth("SCRAM-SHA-256", new ScramClient(BOB, PASSWORD).first);
    expect(other).toMatch(/^r=/);
    expect(await session.next(client.final(challenge))).toMatch(said.wrong);
    const third = new ScramClient(BOB, PASSWORD);
    await session.auth("SCRAM-SHA-256", third.first);
    expect(await session.next("c=biws")).toMatch(said.malformed);
    // It proved itself, and then said something more.
    const last = new ScramClient(BOB, PASSWORD);
    const proof = await session.next(last.final(await session.auth("SCRAM-SHA-256", last.first)));
    expect(proof).toMatch(/^v=/);
    expect(await session.next("more")).toMatch(said.malformed);
    expect((await scram(session, BOB, PASSWORD)).end).toMatch(said.ok);
  });

  test("app passwords work where they are meant to, beside the password", async () => {
    const here = protocol === "smtp" ? "smtp" : protocol;
    const mine = await addAppPassword(p.tenancy, BOB, [here], "phone");
    const other = await addAppPassword(p.tenancy, BOB, ["dav"], "calendar");
    using session = await speak(protocol);
    expect((await scram(session, BOB, other.password)).end).toMatch(said.wrong);
    const { end, isServer } = await scram(session, BOB, mine.password);
    expect(end).toMatch(said.ok);
    expect(isServer).toBe(true);
  });
});

/** What the server tells of a user before any proof. */
async function saltOf(user: string): Promise<string> {
  using session = await speak("imap");
  const challenge = await session.auth("SCRAM-SHA-256", new ScramClient(user, "x").first);
  return /,(s=.+)$/.exec(challenge)?.[1] ?? challenge;
}

test("salts are stable, and tell nothing of who exists", async () => {
  const [bob, eve, far] = await Promise.all([BOB, "eve@a.test", "bob@elsewhere.test"].map(saltOf));
  expect(bob).toMatch(/^s=[A-Za-z0-9+/]{22}==,i=4096$/);
  expect(new Set([bob, eve, far]).size).toBe(3);
  expect(eve).toHaveLength(bob?.length ?? 0);
  expect(await Promise.all([BOB, " Bob@A.test", "eve@a.test", "bob@elsewhere.test"].map(saltOf))).toEqual([
    bob,
    bob,
    eve,
    far,
  ]);
  await setPassword(p.tenancy, BOB, PASSWORD);
  expect(await saltOf(BOB)).toBe(bob);
});

const scramOverImap = async (user: string, password: string): Promise<string> => {
  using session = await speak("imap");
  return (await scram(session, user, password)).end;
};

test("the keys are sealed in the database: nobody tries passwords on them there", async () => {
  const rows = await owner<{ keys: Buffer; iterations: number }[]>`
    select scram_keys as keys, scram_iterations as iterations from credentials where kind = 'password'`;
  expect(rows.length).toBeGreaterThan(0);
  for (const { keys, iterations } of rows) {
    expect(iterations).toBe(4096);
    expect(keys).toHaveLength(12 + 64 + 16);
  }
});

test("whoever had a password before SCRAM came signs in by it once, and by SCRAM from then on", async () => {
  const { address } = await p.person("old@a.test");
  await owner`update credentials set scram_keys = null, scram_iterations = null, scram_key_id = null
    where account_id = (select account_id from addresses where address = ${address})`;
  expect(await scramOverImap(address, PASSWORD)).toMatch(SAID.imap.wrong);
  await expect(signIn(p.tenancy, address, "wrong", "imap")).rejects.toMatchObject({
    code: "credentials_wrong",
  });
  expect(await scramOverImap(address, PASSWORD)).toMatch(SAID.imap.wrong);
  await signIn(p.tenancy, address, PASSWORD, "imap");
  expect(await scramOverImap(address, PASSWORD)).toMatch(SAID.imap.ok);
});

test("imported people, new agencies and changed passwords have SCRAM at once", async () => {
  await importUsers(p.tenancy, "a", [{ address: "new@a.test", name: "New", password: PASSWORD }]);
  expect(await scramOverImap("new@a.test", PASSWORD)).toMatch(SAID.imap.ok);
  await setPassword(p.tenancy, "new@a.test", "another one");
  expect(await scramOverImap("new@a.test", PASSWORD)).toMatch(SAID.imap.wrong);
  expect(await scramOverImap("new@a.test", "another one")).toMatch(SAID.imap.ok);
  const owned = await signUp(p.tenancy, {
    agencyName: "Athens",
    personName: "Maria P",
    slug: "athens",
    localPart: "maria",
    password: PASSWORD,
    consent: true,
    locale: "el",
  });
  expect(await scramOverImap(owned.address, PASSWORD)).toMatch(SAID.imap.ok);
});

test("a password in other letters of the same kind, and one that SCRAM has no form for", async () => {
  await setPassword(p.tenancy, "new@a.test", "κωδικο\u0301ς\u00a0\u2168");
  expect(await scramOverImap("new@a.test", "κωδικός IX")).toMatch(SAID.imap.ok);
  await setPassword(p.tenancy, "new@a.test", "tab\there");
  expect(await scramOverImap("new@a.test", "tab\there")).toMatch(SAID.imap.wrong);
  await expect(signIn(p.tenancy, "new@a.test", "tab\there", "imap")).resolves.toBeDefined();
});

test("an account that is switched off hears so only with the right proof", async () => {
  const off = await p.person("off@a.test");
  await disableAccount(p, off);
  expect(await scramOverImap("off@a.test", "wrong")).toMatch(SAID.imap.wrong);
  expect(await scramOverImap("off@a.test", PASSWORD)).toMatch(/^a NO \[CONTACTADMIN\]/);
});

test("before TLS 1.3 one binds by the certificate alone", async () => {
  using client = await LineClient.connect({
    port: imap.server.imaps.port,
    tls: true,
    maxVersion: "TLSv1.2",
  });
  expect(await client.line()).toMatch(/AUTH=SCRAM-SHA-256-PLUS/);
  const { socket } = client;
  if (!(socket instanceof TLSSocket)) throw new Error("no TLS");
  expect(socket.getProtocol()).toBe("TLSv1.2");
  const { raw } = socket.getPeerCertificate();
  const exported = socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
  const dialog = async (type: string, channel: Buffer): Promise<string> => {
    const scrams = new ScramClient(BOB, PASSWORD, { header: `p=${type},,`, channel });
    const said = await client.say(`a AUTHENTICATE SCRAM-SHA-256-PLUS ${encode(scrams.first)}`);
    if (!said.startsWith("+ ")) return said;
    const proof = await client.say(encode(scrams.final(Buffer.from(said.slice(2), "base64").toString())));
    return proof.startsWith("+ ") ? client.say("") : proof;
  };
  expect(await dialog("tls-exporter", exported)).toMatch(SAID.imap.wrong);
  expect(await dialog("tls-server-end-point", createHash("sha256").update(raw).digest())).toMatch(
    SAID.imap.ok,
  );
});

const made = (...key: readonly string[]): Buffer => {
  const args = [
    "req",
    "-x509",
    "-nodes",
    "-days",
    "1",
    "-subj",
    "/CN=x",
    "-outform",
    "DER",
    "-keyout",
    "/dev/null",
  ];
  return spawnSync("openssl", [...args, ...key], { stdio: ["ignore", "pipe", "ignore"] }).stdout;
};

test("the hash of a certificate is the one that it is signed with", (context) => {
  needs(context, "openssl");
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"];
  for (const hash of ["sha256", "sha384", "sha512"]) {
    const certificate = made(...ec, `-${hash}`);
    expect(serverEndPoint(certificate)).toEqual(createHash(hash).update(certificate).digest());
  }
  const old = made("-newkey", "rsa:2048", "-sha1");
  expect(serverEndPoint(old)).toEqual(createHash("sha256").update(old).digest());
  expect(serverEndPoint(made("-newkey", "ed25519"))).toBeUndefined();
});
