import { mkdtempSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Daemon, startDaemon } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";

/** A Redis that keeps nothing, for Rspamd. */
export async function startRedis(): Promise<Daemon & { readonly port: number }> {
  const [port = 0] = await freePorts(1);
  const dir = mkdtempSync(join(tmpdir(), "angelia-redis-"));
  const args = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
    "--dir",
    dir,
  ];
  const daemon = await startDaemon({ dir, program: "redis-server", args, isReady: () => pongs(port) });
  return { ...daemon, port };
}

function pongs(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write("PING\r\n"));
    socket.once("data", (said: Buffer) => {
      socket.destroy();
      resolve(said.toString().startsWith("+PONG"));
    });
    socket.once("error", () => resolve(false));
  });
}
