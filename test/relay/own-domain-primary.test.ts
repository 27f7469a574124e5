import { once } from "node:events";
import { createServer, request } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { expect, test } from "vitest";
import { claimDomain, makePrimary } from "../../src/domains/index.ts";
import { mtaStsRoutes } from "../../src/edge/mta-sts/mta-sts-routes.ts";
import { NotifyingQueueSignal } from "../../src/outbound/index.ts";
import {
  addAppPassword,
  findRecipients,
  importUsers,
  listSenderAddresses,
  openWebSession,
  readWebSession,
  signIn,
} from "../../src/tenants/index.ts";
import { ImapClient } from "../support/imap-client.ts";
import { startImapRelay, talk } from "../support/imap-relay.ts";
import { testDomains } from "../support/own-domains.ts";
import { PASSWORD, testPlatform } from "../support/platform.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

const validity = (lines: readonly string[]): string | undefined =>
  lines.map((line) => /UIDVALIDITY (\d+)/.exec(line)?.[1]).find((one) => one !== undefined);

const uids = (lines: readonly string[]): string | undefined =>
  lines.find((line) => line.startsWith("* SEARCH"));

const policy = (mode: string, age: number): string =>
  `text/plain; charset=UTF-8\nversion: STSv1\r\nmode: ${mode}\r\nmx: mx.hosted.test\r\nmax_age: ${age}\r\n`;

async function openWorld() {
  await using stack = new AsyncDisposableStack();
  const platform = stack.use(await testPlatform());
  const tenantId = await platform.tenant("agency", "agency.hosted.test");
  const queue = new NotifyingQueueSignal(platform.db, silent);
  stack.defer(() => queue.stop());
  const { store, tenancy, db } = platform;
  const domains = testDomains({ store, tenancy, queue, hostname: "mx.hosted.test" });
  const changer = { tenantId, actor: "boss@agency.hosted.test" };
  const own = async (name: string): Promise<void> => {
    await claimDomain(domains, changer, name);
    await db.tenant(
      tenantId,
      (tx) =>
        tx`update domains set proven_at = now(), is_live = true where tenant_id = ${tx.tenantId} and name = ${name}`,
    );
  };
  const opened = stack.move();
  return { platform, domains, changer, tenantId, own, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test("mail programs and sessions go on when the own domain becomes everybody's address", async () => {
  await using world = await openWorld();
  const { platform, domains, changer, tenantId, own } = world;
  const { tenancy, db } = platform;
  const old = "ada@agency.hosted.test";
  const now = "ada@agency.test";
  const ada = await platform.person(old);
  const { password } = await addAppPassword(tenancy, old, ["imap"], "phone");
  await using relay = await startImapRelay(platform);
  const { port } = relay.server.imap;
  const session = await openWebSession(tenancy, ada);
  const before = await ImapClient.login({ port }, old, password);
  before.write("a APPEND INBOX {24+}\r\nSubject: one\r\n\r\nOne.\r\n\r\n\r\n");
  await talk(before, "NOOP");
  const selected = await talk(before, "SELECT INBOX");
  const found = uids(await talk(before, "UID SEARCH ALL"));
  expect(validity(selected)).toMatch(/^\d+$/);
  expect(found).toMatch(/^\* SEARCH \d+/);

  await own("agency.test");
  expect(await makePrimary(domains, changer, "agency.test")).toMatchObject({ people: 1, taken: [] });

  // The connection that was open has noticed nothing.
  expect(uids(await talk(before, "UID SEARCH ALL"))).toBe(found);
  for (const [address, secret] of [
    [old, password],
    [now, password],
    [old, PASSWORD],
    [now, PASSWORD],
  ] as const) {
    const client = await ImapClient.login({ port }, address, secret);
    const again = await talk(client, "SELECT INBOX");
    expect(validity(again)).toBe(validity(selected));
    expect(uids(await talk(client, "UID SEARCH ALL"))).toBe(found);
    client.close();
  }
  before.close();
  expect(await readWebSession(tenancy, session)).toMatchObject({
    accountId: ada.accountId,
  });
  // Mail for both comes into the one mailbox, and they write as the new one first.
  const routes = await findRecipients(tenancy, [old, now]);
  for (const address of [old, now])
    expect(routes.get(address)).toMatchObject({ kind: "local", accountId: ada.accountId });
  const senders = await db.tenant(tenantId, (tx) => listSenderAddresses(tx, ada.accountId));
  expect(senders.map((one) => one.address)).toEqual([now, old]);
  expect((await signIn(tenancy, now, PASSWORD, "web")).address).toBe(now);
});

test("2,500 people move in one commit, and a second call has nothing left to do", async () => {
  await using world = await openWorld();
  const { platform, domains, changer, own } = world;
  const people = Array.from({ length: 2_500 }, (_, i) => ({
    address: `p${i}@agency.hosted.test`,
    name: `P ${i}`,
  }));
  const { problems } = await importUsers(platform.tenancy, "agency", people);
  expect(problems).toEqual([]);
  await own("agency.test");
  const all = await Promise.all([
    makePrimary(domains, changer, "agency.test"),
    makePrimary(domains, changer, "agency.test"),
  ]);
  // Two at once: one of them does it.
  expect(all.map((one) => one.people).toSorted((a, b) => a - b)).toEqual([0, 2_500]);
  expect(await makePrimary(domains, changer, "agency.test")).toMatchObject({
    people: 0,
    unchanged: 2_500,
    taken: [],
  });
  const routes = await findRecipients(platform.tenancy, [
    "p0@agency.test",
    "p2499@agency.test",
    "p7@agency.hosted.test",
  ]);
  expect([...routes.values()].map((one) => one.kind)).toEqual(["local", "local", "local"]);
});

test("the policy file (MTA-STS) is there by the name of the host, and only where mail comes here", async () => {
  await using world = await openWorld();
  const { domains, changer, own, platform, tenantId } = world;
  await own("agency.test");
  await claimDomain(domains, changer, "claimed.test");
  const listener = getRequestListener(mtaStsRoutes({ domains }).fetch);
  const server = createServer((req, res) => void listener(req, res)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const get = async (host: string): Promise<string> => {
    const asked = request({ port, host: "127.0.0.1", path: "/.well-known/mta-sts.txt", headers: { host } });
    asked.end();
    const [answer] = await once(asked, "response");
    let text = "";
    for await (const chunk of answer) text += String(chunk);
    return answer.statusCode === 200
      ? `${answer.headers["content-type"]}\n${text}`
      : String(answer.statusCode);
  };
  try {
    expect(await get("mta-sts.agency.test")).toBe(policy("testing", 86_400));
    expect(await get("MTA-STS.Agency.Test:8443")).toBe(policy("testing", 86_400));
    await platform.db.tenant(
      tenantId,
      (tx) => tx`update domains set sts_mode = 'enforce' where tenant_id = ${tx.tenantId}`,
    );
    expect(await get("mta-sts.agency.test")).toBe(policy("enforce", 2_592_000));
    for (const host of [
      "agency.test",
      "mta-sts.claimed.test",
      "mta-sts.nobody.test",
      "mta-sts.agency.hosted.test",
      "x",
      "[::1]",
    ])
      expect(await get(host)).toBe("404");
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
