import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A port in front of PostgreSQL that counts how often somebody asks it something and waits. */
export interface RoundTripCounter extends AsyncDisposable {
  /** The same database through this port. */
  readonly url: string;
  /** Since the last call. */
  take(): number;
}

/** @param url of the database */
export async function countRoundTrips(url: string): Promise<RoundTripCounter> {
  const { hostname, port: databasePort } = new URL(url);
  const sockets = new Set<Socket>();
  let trips = 0;
  const server = createServer((client) => {
    const database = connect(Number(databasePort), hostname);
    let hasAnswered = true;
    client.on("data", (chunk) => {
      // What goes out in pieces before there is an answer is one question.
      if (hasAnswered) trips += 1;
      hasAnswered = false;
      database.write(chunk);
    });
    database.on("data", (chunk) => {
      hasAnswered = true;
      client.write(chunk);
    });
    for (const [one, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? String(address.port) : "";
  return {
    url: Object.assign(new URL(url), { hostname: "127.0.0.1", port }).href,
    take() {
      const taken = trips;
      trips = 0;
      return taken;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
