import postgres from "postgres";
import type { Principal } from "../../src/tenants/index.ts";
import type { TestPlatform } from "./platform.ts";

/** Switches an account off, as an administrator will once there is a way to. */
export async function disableAccount({ database }: TestPlatform, { accountId }: Principal): Promise<void> {
  const owner = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined });
  await owner`update accounts set disabled_at = now() where id = ${accountId}`;
  await owner.end();
}
