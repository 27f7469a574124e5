import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { CertificateFiles } from "./idle-certificate.ts";
import { openIdleClients } from "./idle-clients.ts";
import { CLIENT_SOURCES } from "./idle-angelia.ts";
import { perSession } from "./per-session.ts";

/** What one open connection costs a Node process that does nothing with it, in octets.
 * @param certificate undefined: without TLS */
export async function bareConnection(
  certificate: CertificateFiles | undefined,
  sessions: number,
  settleMs: number,
): Promise<number> {
  const files = certificate === undefined ? [] : [certificate.cert, certificate.key];
  const server = fork(join(import.meta.dirname, "load/bare-server.ts"), files, {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  try {
    const [port]: unknown[] = await once(server, "message");
    const plan = { port: Number(port), tls: certificate !== undefined, from: `${CLIENT_SOURCES}.0` };
    const measured = await perSession([server.pid ?? 0], settleMs, sessions, (first, count) =>
      openIdleClients({ ...plan, first, count }),
    );
    await measured.clients.stop();
    return measured.bytes;
  } finally {
    server.kill("SIGKILL");
  }
}
