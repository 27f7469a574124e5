import { X509Certificate } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, connect } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadMasterKey } from "../../host/master-key.ts";
import { loadTls } from "../../host/tls.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
let dataDir: string;
beforeEach(() => void (dataDir = mkdtempSync(join(tmpdir(), "angelia-keys-"))));
afterEach(() => rmSync(dataDir, { recursive: true }));

const development = (hostname = "mail.angelia.localhost") => ({
  tlsFiles: undefined,
  dataDir,
  hostname,
  hostedDomain: "angelia.localhost",
});

test("a development key is made once, for our account alone, with a warning", () => {
  const first = loadMasterKey({ masterKey: undefined, dataDir });
  expect(first.key).toHaveLength(32);
  expect(first.warning).toContain("ANGELIA_MASTER_KEY");
  expect(statSync(join(dataDir, "master.key")).mode & 0o777).toBe(0o600);
  expect(loadMasterKey({ masterKey: undefined, dataDir }).key).toEqual(first.key);
  const given = new Uint8Array(32).fill(9);
  expect(loadMasterKey({ masterKey: given, dataDir })).toEqual({ key: given });
});

test("a damaged development key is never replaced", () => {
  writeFileSync(join(dataDir, "master.key"), "c2hvcnQ=\n");
  expect(() => loadMasterKey({ masterKey: undefined, dataDir })).toThrow(/damaged/);
  expect(readFileSync(join(dataDir, "master.key"), "utf8")).toBe("c2hvcnQ=\n");
});

test("the development certificate is kept, names this machine, and serves TLS", async () => {
  const tls = await loadTls(development(), log);
  const { cert, key } = tls.current();
  const parsed = new X509Certificate(cert);
  for (const name of ["localhost", "mail.angelia.localhost", "acme.angelia.localhost"])
    expect(parsed.checkHost(name)).toBeDefined();
  expect(parsed.checkIP("127.0.0.1")).toBeDefined();
  expect(Date.parse(parsed.validTo) - Date.now()).toBeGreaterThan(300 * 86_400_000);
  expect(tls.warning).toContain("must be told to trust");
  expect((await loadTls(development(), log)).current().cert).toBe(cert);
  expect((await loadTls(development("mx.other.test"), log)).current().cert).not.toBe(cert);

  const server = createServer({ cert, key }, (socket) => socket.end()).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = connect({ port, host: "127.0.0.1", servername: "localhost", ca: cert });
  await new Promise((resolve, reject) => client.once("secureConnect", resolve).once("error", reject));
  expect(client.authorized).toBe(true);
  client.destroy();
  server.close();
});

test("a renewed certificate is taken without a restart; one that does not fit its key is not", async () => {
  await loadTls(development("one.test"), log);
  const files = { cert: join(dataDir, "server.crt"), key: join(dataDir, "server.key") };
  const take = (what: "cert" | "key"): void =>
    copyFileSync(join(dataDir, `tls-development.${what === "cert" ? "crt" : "key"}`), files[what]);
  take("cert");
  take("key");
  const tls = await loadTls({ ...development(), tlsFiles: files }, log, 20);
  const before = tls.current().cert;
  const changed = new Promise<string>((resolve) => tls.onChange((now) => resolve(now.cert)));
  await loadTls(development("two.test"), log);
  take("cert");
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(tls.current().cert).toBe(before); // the key still is the old one
  take("key");
  const after = await changed;
  expect(new X509Certificate(after).checkHost("two.test")).toBeDefined();
  expect(tls.current().cert).toBe(after);
  tls.stop();
});

test("a certificate that does not fit its key is refused at the start", async () => {
  await loadTls(development(), log);
  const other = join(dataDir, "other");
  mkdirSync(other);
  await loadTls({ ...development(), dataDir: other }, log);
  const tlsFiles = { cert: join(dataDir, "tls-development.crt"), key: join(other, "tls-development.key") };
  await expect(loadTls({ ...development(), tlsFiles }, log)).rejects.toThrow(/can't be used/);
});
