import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { findRunningPostgres } from "../host/embedded-postgres.ts";
import { openDb } from "../src/db/index.ts";
import { TenantId } from "../src/kernel/id.ts";
import { startBeside } from "../test/support/second-system.ts";
import { startSystem, type System } from "../test/support/system.ts";
import type { CertificateFiles } from "./idle-certificate.ts";
import { proportionalBytes, type Share } from "./memory.ts";

/** Clients that come from here are a proxy, which ends TLS and sends a PROXY header; those from 127.0.1.x are themselves. */
export const PROXY_SOURCES = "127.0.2";
export const CLIENT_SOURCES = "127.0.1";

const Tenant = z.object({ id: TenantId });

export interface IdleAngelia {
  /** Of each process that serves IMAP. */
  readonly processes: readonly System[];
  readonly password: string;
  readonly smtpPort: number;
  readonly postgres: () => Share;
  stop(): Promise<void>;
}

/** Starts the product, as many processes of it on one database as are asked for, with people `u0@<domain>` and so on. */
export async function startIdleAngelia(
  domain: string,
  accounts: number,
  { processes: count, sessions }: { readonly processes: number; readonly sessions: number },
  certificate: CertificateFiles,
): Promise<IdleAngelia> {
  const env = {
    ANGELIA_PROXY_FROM: `${PROXY_SOURCES}.0/24`,
    ANGELIA_CLIENT_LIMITS: `total=${sessions + 1_000},per-address=${sessions + 1_000},per-user=${sessions}`,
    // Nobody answers there: what the checks ask is not what is measured.
    ANGELIA_DNS: "127.0.0.1:9",
    ANGELIA_TLS_CERT: certificate.cert,
    ANGELIA_TLS_KEY: certificate.key,
  };
  const first = await startSystem({ env });
  const processes = [first];
  const stop = async (): Promise<void> => {
    for (const one of processes.toReversed()) await one.stop();
  };
  try {
    const database = findRunningPostgres(first.dataDir);
    if (database === undefined) throw new Error("the embedded PostgreSQL does not run");
    const tenant = Tenant.parse(await first.cli("tenant", "create", "bench", "--name", "Bench"));
    await first.cli("domain", "add", domain, "--tenant", "bench", "--proven");
    await addPeople(first, domain, accounts);
    const password = await giveAppPassword(database.appUrl, tenant.id);
    for (let i = 1; i < count; i++)
      processes.push(await startBeside(first, { ...env, ANGELIA_ROLES: "edge,imap" }));
    return {
      processes,
      password,
      smtpPort: first.ports.mx,
      postgres: () => proportionalBytes(/^postgres/, first.dataDir),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function addPeople(system: System, domain: string, count: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "angelia-people-"));
  const file = join(dir, "people.csv");
  const lines = Array.from({ length: count }, (_, i) => `u${i}@${domain},Person ${i}\n`);
  writeFileSync(file, `address,name\n${lines.join("")}`, { mode: 0o600 });
  try {
    await system.cli("user", "import", file, "--tenant", "bench");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Everybody gets the same app password: with passwords of their own, signing in would take 0.1 s of a processor for each,
 * and that is not what is measured. */
async function giveAppPassword(appUrl: string, tenantId: TenantId): Promise<string> {
  const password = randomBytes(12).toString("hex");
  const verifier = `random$${createHash("sha256").update(password).digest("base64")}`;
  const db = openDb({ url: appUrl, max: 1 });
  try {
    await db.tenant(
      tenantId,
      (tx) => tx`insert into credentials (tenant_id, account_id, kind, verifier, scopes, label)
        select tenant_id, id, 'app_password', ${verifier}, '{imap}', 'bench' from accounts`,
    );
  } finally {
    await db.close();
  }
  return password;
}
