import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { signProfile } from "../../host/sign-profile.ts";
import { newAuthority } from "../support/certificates.ts";
import { needs } from "../support/programs.ts";

const PROFILE = Uint8Array.from(new TextEncoder().encode("<plist>Ä configuration</plist>\n"));

function openssl(
  dir: string,
  ...args: readonly string[]
): { status: number | null; stdout: Buffer; stderr: string } {
  const done = spawnSync("openssl", args, { cwd: dir });
  return { status: done.status, stdout: done.stdout, stderr: done.stderr.toString() };
}

test("OpenSSL verifies a profile that is signed with the key of the server, and finds it whole inside", async (context) => {
  needs(context, "openssl");
  using authority = newAuthority();
  const dir = mkdtempSync(join(tmpdir(), "angelia-profile-"));
  try {
    writeFileSync(join(dir, "ca.pem"), authority.pem);
    const { cert, key } = authority.issue(["mail.agencies.test"]);
    const signed = await signProfile({ cert, key }, PROFILE);
    writeFileSync(join(dir, "signed.der"), signed ?? "");
    const verify = [
      "cms",
      "-verify",
      "-inform",
      "DER",
      "-in",
      "signed.der",
      "-CAfile",
      "ca.pem",
      "-purpose",
      "any",
      "-binary",
    ];
    const verified = openssl(dir, ...verify);
    expect(verified.stderr).toContain("successful");
    expect(new Uint8Array(verified.stdout)).toEqual(PROFILE);
    // One octet of the profile is another: the signature is wrong.
    const forged = readFileSync(join(dir, "signed.der"));
    forged[forged.indexOf("configuration")] = 0x43;
    writeFileSync(join(dir, "signed.der"), forged);
    expect(openssl(dir, ...verify).status).not.toBe(0);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("an RSA key signs too, and a key that Apple does not take signs nothing", async (context) => {
  needs(context, "openssl");
  const dir = mkdtempSync(join(tmpdir(), "angelia-profile-"));
  try {
    for (const [algorithm, isSigned] of [
      ["rsa:2048", true],
      ["ed25519", false],
    ] as const) {
      openssl(
        dir,
        "req",
        "-x509",
        "-newkey",
        algorithm,
        "-nodes",
        "-keyout",
        "k.pem",
        "-out",
        "c.pem",
        "-days",
        "3",
        "-subj",
        "/CN=x",
      );
      const read = (name: string): string => readFileSync(join(dir, name), "utf8");
      const signed = await signProfile({ cert: read("c.pem"), key: read("k.pem") }, PROFILE);
      expect(signed !== null).toBe(isSigned);
      if (signed === null) continue;
      writeFileSync(join(dir, "signed.der"), signed);
      const done = openssl(
        dir,
        "smime",
        "-verify",
        "-inform",
        "DER",
        "-in",
        "signed.der",
        "-CAfile",
        "c.pem",
        "-purpose",
        "any",
      );
      expect(done.stderr).toContain("successful");
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});
