import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { sourceOf } from "../../src/blob/index.ts";
import { type Call, HttpClient } from "./http-client.ts";

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function clientOf(listener: RequestListener): Promise<{ client: HttpClient; server: Server }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = new HttpClient(`http://127.0.0.1:${port}`, 4);
  open.push(() => {
    client.close();
    server.close();
    server.closeAllConnections();
  });
  return { client, server };
}

const call = (more: Partial<Call> = {}): Call => ({
  method: "POST",
  path: "/checkv2",
  headers: { rcpt: ["a@x.test", "b@x.test"] },
  body: sourceOf(new TextEncoder().encode("hello "), new TextEncoder().encode("there")),
  timeoutMs: 5_000,
  ...more,
});

test("a body streams with its length, and connections are used again", async () => {
  const ports = new Set<number | undefined>();
  const { client } = await clientOf((req, res) => {
    ports.add(req.socket.remotePort);
    let body = "";
    req.on("data", (piece: Buffer) => (body += piece.toString()));
    req.on("end", () => res.end(`${req.headers["content-length"]} ${String(req.headers["rcpt"])} ${body}`));
  });
  for (let i = 0; i < 3; i++)
    expect(await client.call(call())).toMatchObject({
      status: 200,
      body: "11 a@x.test, b@x.test hello there",
    });
  expect(ports.size).toBe(1);
});

test("a connection that the other side has closed meanwhile is no failure", async () => {
  let count = 0;
  const { client } = await clientOf((req, res) => {
    count += 1;
    if (count === 2) req.socket.destroy();
    else req.resume().on("end", () => res.end("ok"));
  });
  expect((await client.call(call())).body).toBe("ok");
  expect((await client.call(call())).body).toBe("ok");
  expect(count).toBe(3);
});

test("a new connection that breaks is one, and nobody is asked twice", async () => {
  let count = 0;
  const { client } = await clientOf((req) => {
    count += 1;
    req.socket.destroy();
  });
  await expect(client.call(call())).rejects.toThrow(/socket hang up|ECONNRESET|EPIPE/);
  expect(count).toBe(1);
});

test("silence and an endless answer have an end", async () => {
  const silent = await clientOf(() => undefined);
  await expect(silent.client.call(call({ timeoutMs: 100 }))).rejects.toThrow("no answer within 100 ms");
  const endless = await clientOf((_, res) => {
    const more = (): void => {
      while (!res.destroyed && res.write("x".repeat(65_536)));
    };
    res.on("drain", more);
    more();
  });
  await expect(endless.client.call(call())).rejects.toThrow(/too long|aborted|hang up/);
});

test("nobody there", async () => {
  const { client, server } = await clientOf(() => undefined);
  server.close();
  await once(server, "close");
  await expect(client.call(call())).rejects.toThrow(/ECONNREFUSED/);
});
