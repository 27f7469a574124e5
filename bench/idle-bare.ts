import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { openIdleClients } from "./idle-clients.ts";
import { CLIENT_SOURCES } from "./idle-angelia.ts";
import { perSession, WARM_SESSIONS } from "./per-session.ts";

/** What one open connection costs a Node process that does nothing with it, in octets. */
export async function bareConnection(tls: boolean, sessions: number, settleMs: number): Promise<number> {
  const server = fork(join(import.meta.dirname, "load/bare-server.ts"), [tls ? "tls" : "plain"], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  try {
    const [port]: unknown[] = await once(server, "message");
    const plan = { port: Number(port), tls, from: `${CLIENT_SOURCES}.0` };
    const measured = await perSession([server.pid ?? 0], settleMs, sessions, (count) =>
      openIdleClients({ ...plan, count: count ?? WARM_SESSIONS }),
    );
    await measured.clients.stop();
    return measured.bytes;
  } finally {
    server.kill("SIGKILL");
  }
}
