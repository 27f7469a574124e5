// What Node itself takes for a connection: a server that answers a line and else does nothing, in a process of its own.
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { giveBackMemory, tuneGarbageCollection } from "../../host/garbage-collection.ts";

tuneGarbageCollection(); // as the product does
giveBackMemory();

const greet = (socket: Socket): void => {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  socket.on("data", (chunk: Buffer) => socket.write(chunk));
  socket.on("error", () => socket.destroy());
};

const [cert, key] = process.argv.slice(2);
const server =
  cert === undefined || key === undefined
    ? createServer(greet)
    : createTlsServer({ cert: readFileSync(cert), key: readFileSync(key), minVersion: "TLSv1.2" }, greet);
server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 }, () => {
  const bound = server.address();
  process.send?.(typeof bound === "object" ? bound?.port : 0);
});
process.on("disconnect", () => process.exit(0));
