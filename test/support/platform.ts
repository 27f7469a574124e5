import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newPlatform, type Platform } from "../../host/platform.ts";
import { type Db, openDb } from "../../src/db/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { addDomain, addUser, createTenant, type Principal, signIn } from "../../src/tenants/index.ts";
import { type FreshDatabase, freshDatabase } from "./fresh-database.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface TestPlatform extends Platform, AsyncDisposable {
  readonly db: Db;
  readonly database: FreshDatabase;
  readonly dataDir: string;
  /** A tenant with one proven domain. */
  tenant(slug: string, domain: string): Promise<TenantId>;
  /** A person with the password `correct horse battery`. */
  person(
    address: string,
    options?: { readonly quotaBytes?: number; readonly name?: string },
  ): Promise<Principal>;
}

export const PASSWORD = "correct horse battery";

/** The product's own modules on a database and a data folder of their own: `await using p = await testPlatform()`. */
export async function testPlatform(): Promise<TestPlatform> {
  const database = await freshDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), "angelia-platform-"));
  const db = openDb({ url: database.appUrl, max: 10 });
  const platform = newPlatform({
    db,
    log: silent,
    clock: () => Date.now(),
    random: (length) => randomFillSync(new Uint8Array(length)),
    masterKey: new Uint8Array(32).fill(7),
    dataDir,
    hostedDomain: "hosted.test",
  });
  await platform.changes.start();
  return {
    ...platform,
    db,
    database,
    dataDir,
    async tenant(slug, domain) {
      const { id } = await createTenant(platform.tenancy, { slug, name: slug.toUpperCase(), kind: "agency" });
      await addDomain(platform.tenancy, slug, domain, true);
      return id;
    },
    async person(address, options = {}) {
      const { name = address.split("@")[0] ?? "", ...rest } = options;
      await addUser(platform.tenancy, { address, name, password: PASSWORD, ...rest });
      return signIn(platform.tenancy, address, PASSWORD, "web");
    },
    async [Symbol.asyncDispose]() {
      platform.changes.stop();
      await db.close();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
