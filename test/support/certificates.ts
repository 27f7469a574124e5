import { spawnSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Issued {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** An authority that only a test trusts. */
export interface Authority extends Disposable {
  /** PEM */
  readonly pem: string;
  /** A certificate with these names, of this authority, its chain with it. @param days from now; negative: it has run out */
  issue(names: readonly string[], days?: number): Issued;
}

function openssl(dir: string, ...args: readonly string[]): void {
  const done = spawnSync("openssl", args, { cwd: dir, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`openssl ${args.join(" ")}: ${done.error?.message ?? done.stderr}`);
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] as const;

/** Makes an authority with OpenSSL: `using authority = newAuthority()`. */
export function newAuthority(name = "Test authority"): Authority {
  const dir = mkdtempSync(join(tmpdir(), "angelia-ca-"));
  openssl(
    dir,
    "req",
    "-x509",
    ...KEY,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "30",
    "-subj",
    `/CN=${name}`,
  );
  const pem = readFileSync(join(dir, "ca.pem"), "utf8");
  let count = 0;
  return {
    pem,
    issue(names, days = 30) {
      const file = `server${++count}`;
      writeFileSync(
        join(dir, `${file}.ext`),
        `subjectAltName=${names.map((one) => `DNS:${one}`).join(",")}\n`,
      );
      openssl(
        dir,
        "req",
        ...KEY,
        "-keyout",
        `${file}.key`,
        "-out",
        `${file}.csr`,
        "-subj",
        `/CN=${names[0] ?? "x"}`,
      );
      const sign = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", String(days)];
      openssl(
        dir,
        "x509",
        "-req",
        "-in",
        `${file}.csr`,
        ...sign,
        "-extfile",
        `${file}.ext`,
        "-out",
        `${file}.pem`,
      );
      const cert = readFileSync(join(dir, `${file}.pem`), "utf8") + pem;
      const certFile = join(dir, `${file}.chain.pem`);
      writeFileSync(certFile, cert);
      const keyFile = join(dir, `${file}.key`);
      return { certFile, keyFile, cert, key: readFileSync(keyFile, "utf8") };
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** The data of a TLSA record for a certificate in PEM: SHA-256 of its key, as `3 1 1 …` or `2 1 1 …`. */
export function tlsaOf(pem: string, usage: 2 | 3 = 3): string {
  const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return `${usage} 1 1 ${createHash("sha256").update(key).digest("hex")}`;
}
