import { once } from "node:events";
import { createServer } from "node:https";
import { createSecureContext } from "node:tls";
import type { Issued } from "./certificates.ts";

export interface PolicyServer extends AsyncDisposable {
  readonly port: number;
  /** The policy of each host name, `mta-sts.example.test`; may change while it runs. Without one the answer is 404. */
  readonly policies: Map<string, string>;
  /** Names that have been asked for, in order. */
  readonly asked: string[];
}

/** A web server for MTA-STS policies (RFC 8461 §3.3).
 * @param certificates by host name; @param byDefault for all others */
export async function startPolicyServer(
  certificates: Readonly<Record<string, Issued>>,
  byDefault: Issued,
): Promise<PolicyServer> {
  const policies = new Map<string, string>();
  const asked: string[] = [];
  const server = createServer(
    {
      cert: byDefault.cert,
      key: byDefault.key,
      SNICallback: (name, done) => {
        const { cert, key } = certificates[name] ?? byDefault;
        done(null, createSecureContext({ cert, key }));
      },
    },
    (req, res) => {
      const name = (req.headers.host ?? "").replace(/:\d+$/, "");
      asked.push(name);
      const policy = req.url === "/.well-known/mta-sts.txt" ? policies.get(name) : undefined;
      res.writeHead(policy === undefined ? 404 : 200, { "content-type": "text/plain" });
      res.end(policy ?? "");
    },
  );
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    policies,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
