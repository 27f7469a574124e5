// What Node itself takes for a connection: a server that answers a line and else does nothing, in a process of its own.
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tuneGarbageCollection } from "../../host/garbage-collection.ts";
import { loadTls } from "../../host/tls.ts";

tuneGarbageCollection(); // as the product does

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

const greet = (socket: Socket): void => {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  socket.on("data", (chunk: Buffer) => socket.write(chunk));
  socket.on("error", () => socket.destroy());
};

async function newServer(tls: boolean): Promise<ReturnType<typeof createServer>> {
  if (!tls) return createServer(greet);
  const dataDir = mkdtempSync(join(tmpdir(), "angelia-bare-"));
  const tlsOfProduct = await loadTls(
    { hostname: "localhost", hostedDomain: "bench.test", tlsFiles: undefined, dataDir },
    silent,
  );
  const { cert, key } = tlsOfProduct.current();
  tlsOfProduct.stop();
  rmSync(dataDir, { recursive: true, force: true });
  return createTlsServer({ cert, key, minVersion: "TLSv1.2" }, greet);
}

const server = await newServer(process.argv[2] === "tls");
server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 }, () => {
  const bound = server.address();
  process.send?.(typeof bound === "object" ? bound?.port : 0);
});
process.on("disconnect", () => process.exit(0));
