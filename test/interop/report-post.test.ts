import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { printTlsReport } from "../../src/protocol/tls-report/index.ts";
import { newAuthority } from "../support/certificates.ts";
import { needs } from "../support/programs.ts";
import { runProgram } from "../support/run-program.ts";

/** Somebody's address in the Internet; here it is a host in a network that nothing leaves. */
const ADDRESS = "9.9.9.9";
const CHILD = join(import.meta.dirname, "../support/report-post-child.ts");

test("a TLS report is posted to a real HTTPS server: its certificate is checked, and nothing is followed", async (context) => {
  needs(context, "openssl", "ip", "own-resolver");
  const dir = mkdtempSync(join(tmpdir(), "angelia-post-"));
  using authority = newAuthority();
  using stranger = newAuthority("Stranger");
  const host = authority.issue(["reports.receiver.test"]);
  const other = stranger.issue(["reports.receiver.test"]);
  const hosts = join(dir, "hosts");
  const names = ["reports", "wrong-name"].map((name) => `${ADDRESS} ${name}.receiver.test\n`).join("");
  writeFileSync(hosts, `127.0.0.1 localhost inside.receiver.test\n${names}`);
  const ca = join(dir, "ca.pem");
  writeFileSync(ca, authority.pem);
  const report = printTlsReport({
    domain: "receiver.test",
    org: "reports.hosted.test",
    contact: "tls@reports.hosted.test",
    reportId: "1",
    begin: "2026-11-20T00:00:00Z",
    end: "2026-11-20T23:59:59Z",
    policies: [{ type: "no-policy-found", lines: [], mxPatterns: [], succeeded: 3, failures: [] }],
  });
  const inside =
    'ip link set lo up && ip address add "$1/32" dev lo && mount --bind "$0" /etc/hosts && shift && exec "$@"';
  const words = [
    process.execPath,
    CHILD,
    ADDRESS,
    host.certFile,
    host.keyFile,
    other.certFile,
    other.keyFile,
  ];
  const done = await runProgram(
    "/usr/bin/unshare",
    ["--mount", "--net", "/bin/sh", "-c", inside, hosts, ADDRESS, ...words],
    { input: gzipSync(report), env: { NODE_EXTRA_CA_CERTS: ca, PATH: `${process.env["PATH"]}:/usr/sbin` } },
  );
  rmSync(dir, { recursive: true, force: true });
  expect(done.text).toMatch(/^exit code 0\n/);
  const { said, taken } = JSON.parse(done.stdout.toString());
  expect(said).toEqual({
    "https://reports.receiver.test/v1/tls?day=1": "taken",
    "https://reports.receiver.test/created/201": "taken",
    "https://reports.receiver.test/away/503": expect.stringContaining("answers 503"),
    "https://reports.receiver.test/moved/302": expect.stringContaining("answers 302"),
    "https://wrong-name.receiver.test/200": expect.stringMatching(/altnames/),
    "https://reports.receiver.test:8443/200": expect.stringMatching(/certificate/),
    "https://inside.receiver.test/200": expect.stringContaining("no public address"),
    "https://nowhere.receiver.test/200": expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
  });
  expect(taken.map((one: { url: string }) => one.url)).toEqual([
    "/v1/tls?day=1",
    "/created/201",
    "/away/503",
    "/moved/302",
  ]);
  expect(taken[0]).toMatchObject({
    method: "POST",
    host: "reports.receiver.test",
    type: "application/tlsrpt+gzip",
  });
  const arrived: unknown = JSON.parse(gunzipSync(Buffer.from(taken[0].body, "base64")).toString());
  expect(arrived).toEqual(JSON.parse(report));
});
