import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface CertificateFiles extends Disposable {
  readonly cert: string;
  readonly key: string;
}

/** A certificate of its own with an elliptic key, for all that speaks TLS here: thousands of handshakes with RSA are not what is measured. */
export function makeCertificate(): CertificateFiles {
  const dir = mkdtempSync(join(tmpdir(), "angelia-certificate-"));
  const [cert, key] = [join(dir, "cert.pem"), join(dir, "key.pem")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...kind, "-subj", "/CN=localhost", "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  return { cert, key, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}
