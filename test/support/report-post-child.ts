import { createServer, type ServerOptions } from "node:https";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { postReport } from "../../smtp-relay/jobs/report-post.ts";

/** Runs in a network of its own, whose only host has the address that is given: serves HTTPS there, posts reports to it, and prints what came
 * of each as one JSON value. Words: the address, then certificate and key of the host that is trusted, and of one that is not. */
const [address = "", certFile = "", keyFile = "", otherCert = "", otherKey = ""] = process.argv.slice(2);

interface Taken {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly host: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}
const taken: Taken[] = [];

async function serve(port: number, options: ServerOptions): Promise<void> {
  const server = createServer(options, (req, res) => {
    const pieces: Buffer[] = [];
    req.on("data", (piece: Buffer) => void pieces.push(piece));
    req.on("end", () => {
      const { method, url, headers } = req;
      const body = Buffer.concat(pieces).toString("base64");
      taken.push({ method, url, host: headers.host, type: headers["content-type"], body });
      const status = Number(/\d{3}$/.exec(url ?? "")?.[0] ?? 200);
      const more = status === 302 ? { location: "/elsewhere/200" } : {};
      // A long answer that nobody reads.
      res.writeHead(status, more).end("x".repeat(100_000));
    });
  });
  server.listen(port, address);
  await once(server, "listening");
  server.unref();
}

const pair = (cert: string, key: string): ServerOptions => ({
  cert: readFileSync(cert),
  key: readFileSync(key),
});
await serve(443, pair(certFile, keyFile));
await serve(8443, pair(otherCert, otherKey));

const content = readFileSync(0);
const said: Record<string, string> = {};
for (const url of [
  "https://reports.receiver.test/v1/tls?day=1",
  "https://reports.receiver.test/created/201",
  "https://reports.receiver.test/away/503",
  "https://reports.receiver.test/moved/302",
  "https://wrong-name.receiver.test/200",
  "https://reports.receiver.test:8443/200",
  "https://inside.receiver.test/200",
  "https://nowhere.receiver.test/200",
])
  said[url] = await postReport(url, "application/tlsrpt+gzip", content).then(
    () => "taken",
    (error: unknown) => String(error),
  );
process.stdout.write(JSON.stringify({ taken, said }));
process.exit(0);
