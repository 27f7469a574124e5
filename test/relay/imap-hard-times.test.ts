import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { newPlatform } from "../../host/platform.ts";
import { openDb } from "../../src/db/index.ts";
import { freePorts } from "../support/free-ports.ts";
import { ending, startImapRelay, talk } from "../support/imap-relay.ts";
import { PASSWORD, testPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const BOB = "bob@a.test";
const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A way to PostgreSQL that can be cut: then nobody listens at its end. */
async function cuttable(url: string) {
  const { hostname, port: farPort } = new URL(url);
  const sockets = new Set<Socket>();
  const listenOn = async (port: number): Promise<Server> => {
    const server = createServer((near) => {
      const far = connect(Number(farPort), hostname);
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return server;
  };
  const [port = 0] = await freePorts(1);
  let server = await listenOn(port);
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: Object.assign(new URL(url), { hostname: "127.0.0.1", port: String(port) }).href,
    cut,
    async mend() {
      server = await listenOn(port);
    },
  };
}

test("while the database is away every command says so, and the session is as it was when it is back", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  await p.person(BOB);
  const way = await cuttable(p.database.appUrl);
  const db = openDb({ url: way.url, max: 4 });
  const masterKey = new Uint8Array(32).fill(7);
  const parts = { db, log: silent, clock: Date.now, random, masterKey, dataDir: p.dataDir };
  const platform = newPlatform({ ...parts, hostedDomain: "hosted.test" });
  await using relay = await startImapRelay({ ...p, ...platform });
  const client = await relay.login(BOB);
  await client.ok("APPEND INBOX ", Buffer.from("Subject: 1\r\n\r\n"));
  await client.ok("SELECT INBOX");
  const idle = await relay.login(BOB);
  await idle.ok("SELECT INBOX");
  idle.write("i IDLE\r\n");
  await idle.line();

  way.cut();
  const commands = [
    'LIST "" *',
    "SELECT INBOX",
    "STATUS INBOX (MESSAGES)",
    "CREATE x",
    "APPEND INBOX {3+}\r\nabc",
    "APPEND INBOX {3}",
  ];
  const stranger = await relay.connect();
  expect(await ending(stranger, `LOGIN ${BOB} "${PASSWORD}"`)).toBe("NO [UNAVAILABLE]");
  const second = await relay.connect();
  expect(await ending(second, "NOOP")).toBe("OK");
  for (const command of [
    "FETCH 1 FLAGS",
    "STORE 1 FLAGS (\\Seen)",
    "SEARCH SEEN",
    "COPY 1 Sent",
    "EXPUNGE",
  ]) {
    expect([command, await ending(client, command)]).toEqual([command, "NO [UNAVAILABLE]"]);
  }
  expect(await ending(client, "NOOP")).toBe("OK");
  for (const command of commands) {
    expect([command, await ending(client, command)]).toEqual([command, "NO [UNAVAILABLE]"]);
  }

  await way.mend();
  await sleep(600);
  await client.ok("SELECT INBOX");
  await client.ok("APPEND INBOX ", Buffer.from("Subject: 2\r\n\r\n"));
  expect(await talk(client, "FETCH 1:* UID")).toEqual(
    expect.arrayContaining(["* 1 FETCH (UID 1)", "* 2 FETCH (UID 2)"]),
  );
  // The idle session was told nothing wrong, and hears of the message as soon as it can be looked up.
  expect((await idle.line(5_000)).toString()).toBe("* 2 EXISTS");
  for (const one of [client, idle, stranger, second]) one.close();
  await relay.server.stop();
  await db.close();
  way.cut();
});

test("a client that does not read holds up nobody's memory: a large mailbox is read no faster than it is sent", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  await p.person(BOB);
  let read = 0;
  const { vault } = p.store;
  const open = vault.open.bind(vault);
  vault.open = async function* counted(...args) {
    for await (const chunk of open(...args)) {
      read += chunk.length;
      yield chunk;
    }
  };
  await using relay = await startImapRelay(p);
  const client = await relay.login(BOB);
  const message = Buffer.alloc(5_000_000, "x");
  for (let n = 0; n < 8; n++)
    await client.ok("APPEND INBOX ", Buffer.concat([Buffer.from(`Subject: ${n}\r\n\r\n`), message]));
  client.close();

  const slow = connect(relay.server.imap.port, "127.0.0.1");
  slow.write(`a LOGIN ${BOB} "${PASSWORD}"\r\nb SELECT INBOX\r\nc FETCH 1:* BODY.PEEK[]\r\nd LOGOUT\r\n`);
  slow.pause();
  await sleep(1_500);
  // The kernel's socket buffers take some megabytes on loopback; the rest waits in the store.
  expect(read).toBeLessThan(15_000_000);
  let received = 0;
  slow.on("data", (chunk) => (received += chunk.length));
  slow.resume();
  await once(slow, "close");
  expect(received).toBeGreaterThan(8 * message.length);
});

test("many sessions at once, each with its own mailbox view", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  await p.person(BOB);
  await using relay = await startImapRelay(p);
  const clients = await Promise.all(Array.from({ length: 40 }, () => relay.login(BOB)));
  await Promise.all(clients.map((client) => client.ok("SELECT INBOX")));
  await Promise.all(
    clients.map((client, n) => client.ok("APPEND INBOX ", Buffer.from(`Subject: ${n}\r\n\r\n`))),
  );
  const counts = await Promise.all(
    clients.map(async (client) => talk(client, "UID SEARCH RETURN (COUNT) ALL")),
  );
  await Promise.all(clients.map((client) => client.ok("NOOP")));
  const after = await Promise.all(
    clients.map(async (client) => talk(client, "SEARCH RETURN (COUNT MAX) ALL")),
  );
  expect(counts).toHaveLength(40);
  for (const lines of after) expect(lines).toContainEqual(expect.stringMatching(/MAX 40 COUNT 40$/));
  for (const client of clients) client.close();
});
