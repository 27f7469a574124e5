import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Connection, ConnectionClosed } from "./connection.ts";

/** Both ends of a connection over loopback. */
async function pair(): Promise<{
  readonly connection: Connection;
  readonly client: Socket;
  readonly end: () => void;
}> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  const client = connect({ port: typeof bound === "object" ? (bound?.port ?? 0) : 0, host: "127.0.0.1" });
  client.on("error", () => undefined);
  const [socket]: Socket[] = await once(server, "connection");
  if (socket === undefined) throw new Error("no connection");
  const connection = new Connection(socket, false);
  const end = (): void => {
    client.destroy();
    connection.destroy();
    server.close();
  };
  return { connection, client, end };
}

/** Parks the connection, and tells when it was resumed. */
function parked(connection: Connection): Promise<void> {
  const resumed = Promise.withResolvers<void>();
  connection.park(async () => undefined);
  expect(connection.onResume(() => resumed.resolve())).toBe(true);
  expect(connection.onResume(() => undefined)).toBe(false);
  return resumed.promise;
}

test("a parked connection is resumed by input, also by what is there already, by an interruption, and by its end", async () => {
  const { connection, client, end } = await pair();
  const first = parked(connection);
  client.write("a");
  await first;
  expect(String(connection.take())).toBe("a");

  client.write("b");
  await expect.poll(() => connection.hasInput).toBe(true);
  await parked(connection);
  expect(String(connection.take())).toBe("b");

  const interrupted = parked(connection);
  connection.interrupt();
  await interrupted;
  connection.interrupt();
  await parked(connection);

  const ended = parked(connection);
  client.end();
  await ended;
  expect(connection.isClosed).toBe(true);
  await parked(connection);
  end();
});

test("what is to be done at the end is done once, also when the end has been", async () => {
  const { connection, client, end } = await pair();
  const done: number[] = [];
  connection.atClose(() => done.push(1));
  connection.atClose(() => done.push(2));
  client.destroy();
  connection.destroy();
  await expect.poll(() => done).toEqual([1, 2]);
  connection.atClose(() => done.push(3));
  await sleep(20);
  expect(done).toEqual([1, 2, 3]);
  end();
});

test("a client that takes nothing of what it is told is stuck, one that takes it later is not", async () => {
  const { connection, client, end } = await pair();
  client.pause();
  const telling = connection.write(new Uint8Array(20_000_000));
  await sleep(50);
  expect(connection.isStuck()).toBe(false);
  expect(connection.isStuck()).toBe(true);
  client.resume();
  await telling;
  await expect.poll(() => connection.isStuck()).toBe(false);
  end();
  await expect(connection.write(new Uint8Array(100_000))).rejects.toBeInstanceOf(ConnectionClosed);
});
