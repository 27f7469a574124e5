import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImapFlow } from "imapflow";
import { createTransport } from "nodemailer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addAgency, PASSWORD } from "../support/agency.ts";
import { startOpenidProvider } from "../support/openid-provider.ts";
import { needs } from "../support/programs.ts";
import { type Finished, runProgram } from "../support/run-program.ts";
import { startSystem, type System } from "../support/system.ts";

const ALICE = "alice@acme.test";
const BOB = "bob@acme.test";
const HOST = "127.0.0.1";

let system: System;
let dir: string;
let token: string;
let appPassword: string;

const secretOf = (value: unknown, name: string): string => {
  if (typeof value !== "object" || value === null || !(name in value)) throw new Error(`no ${name}`);
  return String(Object.entries(value).find(([key]) => key === name)?.[1]);
};

beforeAll(async () => {
  system = await startSystem();
  await addAgency(system, "acme", ["alice", "bob"]);
  dir = mkdtempSync(join(tmpdir(), "angelia-sign-in-"));
  const scope = ["--scope", "imap,smtp,pop3,jmap"];
  token = secretOf(await system.cli("token", "add", ALICE, ...scope, "--days", "1"), "token");
  appPassword = secretOf(await system.cli("app-password", "add", ALICE, ...scope), "password");
});
afterAll(async () => {
  await system?.stop();
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
});

const DONE = /^exit code 0\n/;
const MESSAGE = `From: ${ALICE}\r\nTo: ${BOB}\r\nSubject: by token\r\n\r\nhello\r\n`;

/** How many messages with this subject Bob has, by JMAP. */
async function bobHas(subject: string): Promise<number> {
  const client = new ImapFlow({
    host: HOST,
    port: system.ports.imap,
    tls: { rejectUnauthorized: false },
    auth: { user: BOB, pass: PASSWORD },
    logger: false,
  });
  await client.connect();
  const lock = await client.getMailboxLock("INBOX");
  const found = await client.search({ subject });
  lock.release();
  await client.logout();
  return Array.isArray(found) ? found.length : 0;
}

test("imapflow signs in with an access token, in TLS and by STARTTLS", async () => {
  for (const [port, secure] of [
    [system.ports.imap, false],
    [system.ports.imaps, true],
  ] as const) {
    const client = new ImapFlow({
      host: HOST,
      port,
      secure,
      tls: { rejectUnauthorized: false },
      auth: { user: ALICE, accessToken: token },
      logger: false,
    });
    await client.connect();
    expect((await client.list()).length).toBeGreaterThan(3);
    await client.logout();
  }
  const wrong = new ImapFlow({
    host: HOST,
    port: system.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: ALICE, accessToken: `${token}x` },
    logger: false,
  });
  wrong.on("error", () => undefined);
  await expect(wrong.connect()).rejects.toMatchObject({ authenticationFailed: true });
});

test("nodemailer sends with an access token", async () => {
  const transport = createTransport({
    host: HOST,
    port: system.ports.submission,
    tls: { rejectUnauthorized: false },
    auth: { type: "OAuth2", user: ALICE, accessToken: token },
  });
  await transport.sendMail({ from: ALICE, to: BOB, subject: "nodemailer token", text: "x" });
  transport.close();
  await expect.poll(() => bobHas("nodemailer token"), { timeout: 20_000 }).toBe(1);
});

const curl = (...args: readonly string[]): Promise<Finished> =>
  runProgram("curl", ["-sS", "-k", "--max-time", "30", ...args]);

test("curl signs in with an access token over IMAP, POP3 and SMTP", async (context) => {
  needs(context, "curl");
  const auth = ["--oauth2-bearer", token, "-u", `${ALICE}:`];
  for (const options of [["AUTH=OAUTHBEARER"], ["AUTH=XOAUTH2"]].map((one) => ["--login-options", ...one])) {
    const listed = await curl(`imaps://${HOST}:${system.ports.imaps}/`, ...auth, ...options);
    expect(listed.text).toMatch(DONE);
    expect(listed.stdout.toString()).toMatch(/INBOX/);
    expect((await curl(`pop3s://${HOST}:${system.ports.pop3s}/`, ...auth, ...options)).text).toMatch(DONE);
    const file = join(dir, "message.eml");
    writeFileSync(file, MESSAGE);
    const sent = await curl(
      `smtps://${HOST}:${system.ports.submissions}/client.test`,
      ...auth,
      ...options,
      "--mail-from",
      ALICE,
      "--mail-rcpt",
      BOB,
      "-T",
      file,
    );
    expect(sent.text).toMatch(DONE);
  }
  const wrong = ["--oauth2-bearer", "wrong", "-u", `${ALICE}:`];
  for (const url of [
    `imaps://${HOST}:${system.ports.imaps}/`,
    `pop3s://${HOST}:${system.ports.pop3s}/`,
    `smtps://${HOST}:${system.ports.submissions}/c.test`,
  ])
    // 67: the login was denied
    expect((await curl(url, ...wrong, "--login-options", "AUTH=OAUTHBEARER")).text).toMatch(
      /^exit code (67|56)\n/,
    );
  const jmap = await curl(`${system.webUrl}/jmap/session`, "--oauth2-bearer", token);
  expect(JSON.parse(jmap.stdout.toString())).toMatchObject({ username: ALICE });
});

const gsasl = (args: readonly string[]): Promise<Finished> =>
  runProgram("gsasl", [...args, "-a", ALICE, "-z", "", "--no-cb"], { timeoutMs: 30_000, input: "" });

describe("GNU SASL", () => {
  test.for(["imap", "smtp"] as const)(
    "SCRAM-SHA-256 over %s, with the password and an app password",
    async (protocol, context) => {
      needs(context, "gsasl");
      const port = protocol === "imap" ? system.ports.imap : system.ports.submission;
      const begin = [`--${protocol}`, "--no-starttls", "-m", "SCRAM-SHA-256", `--connect=${HOST}:${port}`];
      for (const password of [PASSWORD, appPassword]) {
        const done = await gsasl([...begin, "-p", password]);
        expect(done.text).toMatch(DONE);
        expect(done.text).toMatch(/Client authentication finished \(server trusted\)/);
      }
      expect((await gsasl([...begin, "-p", "wrong"])).code).not.toBe(0);
    },
  );

  test.for(["imap", "smtp"] as const)(
    "SCRAM-SHA-256-PLUS over %s binds to TLS",
    async (protocol, context) => {
      needs(context, "gsasl");
      const port = protocol === "imap" ? system.ports.imap : system.ports.submission;
      const args = [
        `--${protocol}`,
        "--starttls",
        "-m",
        "SCRAM-SHA-256-PLUS",
        `--connect=${HOST}:${port}`,
        "--x509-ca-file=",
        "-a",
        ALICE,
        "-z",
        "",
      ];
      const done = await runProgram("gsasl", [...args, "-p", PASSWORD], { timeoutMs: 30_000 });
      expect(done.text).toMatch(DONE);
      expect(done.text).toMatch(/Client authentication finished \(server trusted\)/);
    },
  );
});

test("msmtp sends by SCRAM and by token, and mpop fetches by both", { timeout: 120_000 }, async (context) => {
  needs(context, "msmtp");
  needs(context, "mpop");
  const box = join(dir, "mbox");
  for (const [method, secret] of [
    ["scram-sha-256", PASSWORD],
    ["oauthbearer", token],
    ["xoauth2", token],
    ["plain", PASSWORD],
  ] as const) {
    const config = join(dir, `${method}.rc`);
    const account = (port: number): string =>
      `account a\nhost ${HOST}\nport ${port}\nuser ${ALICE}\npassword "${secret}"\nauth ${method}\ntls on\ntls_starttls off\ntls_certcheck off\n`;
    writeFileSync(config, `${account(system.ports.submissions)}from ${ALICE}\n`, { mode: 0o600 });
    const sent = await runProgram("msmtp", ["-C", config, "-a", "a", ALICE], {
      input: `From: ${ALICE}\nTo: ${ALICE}\nSubject: msmtp ${method}\n\nx\n`,
    });
    expect(sent.text).toMatch(DONE);
    const pop = join(dir, `${method}.mpoprc`);
    writeFileSync(pop, `${account(system.ports.pop3s)}delivery mbox ${box}\nkeep on\n`, { mode: 0o600 });
    await expect
      .poll(
        async () => {
          const done = await runProgram("mpop", ["-C", pop, "a"], { env: { HOME: dir } });
          expect(done.text).toMatch(DONE);
          return readFileSync(box, "utf8").includes(`Subject: msmtp ${method}`);
        },
        { timeout: 20_000, interval: 300 },
      )
      .toBe(true);
  }
});

test("a token that is removed opens nothing from then on", async () => {
  const made = await system.cli("token", "add", BOB, "--scope", "jmap");
  const [id, bobs] = [secretOf(made, "id"), secretOf(made, "token")];
  const session = (): Promise<Response> =>
    fetch(`${system.webUrl}/jmap/session`, { headers: { authorization: `Bearer ${bobs}` } });
  expect((await session()).status).toBe(200);
  expect(await system.cli("token", "list", BOB)).toEqual([expect.objectContaining({ id, scopes: ["jmap"] })]);
  const admin = await fetch(`${system.webUrl}/v1/alerts`, { headers: { authorization: `Bearer ${bobs}` } });
  expect(admin.status).toBe(401);
  await system.cli("token", "remove", BOB, id);
  const gone = await session();
  expect(gone.status).toBe(401);
  expect(gone.headers.get("www-authenticate")).toMatch(/^Bearer .*error="invalid_token"/);
  await expect(system.cli("token", "remove", BOB, id)).rejects.toThrow(/token_unknown|no such access token/);
  await expect(system.cli("token", "add", BOB, "--scope", "web")).rejects.toThrow(/--scope/);
});

test("imapflow and JMAP sign in with the token of an OpenID provider that the operator named", async () => {
  await using provider = await startOpenidProvider();
  const claims = { aud: "angelia", email: ALICE, scope: "mail" };
  const issued = await provider.token(claims);
  const opens = async (bearer: string): Promise<number> =>
    (await fetch(`${system.webUrl}/jmap/session`, { headers: { authorization: `Bearer ${bearer}` } })).status;
  expect(await opens(issued)).toBe(401);
  const where = ["--tenant", "acme"];
  const options = ["--audience", "angelia", "--scope", "mail", "--domain", "acme.test"];
  expect(await system.cli("issuer", "add", provider.issuer, ...where, ...options)).toMatchObject({
    issuer: provider.issuer,
    jwksUri: provider.jwksUri,
    addressClaim: "email",
  });
  expect(await system.cli("issuer", "list", ...where)).toHaveLength(1);
  expect(await system.cli("issuer", "list", "--all-tenants")).toEqual([]);
  // The running process looks again within half a minute.
  await expect.poll(() => opens(issued), { timeout: 60_000, interval: 1_000 }).toBe(200);
  const client = new ImapFlow({
    host: HOST,
    port: system.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: ALICE, accessToken: issued },
    logger: false,
  });
  await client.connect();
  await client.logout();
  expect(await opens(await provider.token({ ...claims, email: "alice@elsewhere.test" }))).toBe(401);
  expect(await opens(await provider.token({ ...claims, scope: "calendar" }))).toBe(401);
  expect(await system.cli("issuer", "remove", provider.issuer, ...where)).toMatchObject({ removed: true });
  await expect(system.cli("issuer", "add", provider.issuer, "--audience", "x")).rejects.toThrow(
    /--all-tenants/,
  );
});
