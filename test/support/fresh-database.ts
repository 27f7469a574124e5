import postgres from "postgres";
import { inject } from "vitest";

export interface FreshDatabase extends AsyncDisposable {
  readonly name: string;
  /** Logs in as the superuser: for arranging what the application may not do, and for looking. */
  readonly ownerUrl: string;
  /** Logs in as `angelia_app`, as the product does. */
  readonly appUrl: string;
  /** Drops it, with the connections that are still open. */
  drop(): Promise<void>;
}

/** A database of one's own with every migration applied: `await using db = await freshDatabase()`, or one for a file in
 * `beforeAll`. Takes about 50 ms. All are gone at the end of the run at the latest. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = `t_${crypto.randomUUID().replaceAll("-", "")}`;
  const server = inject("postgresOwnerUrl");
  await asOwner(server, `create database ${name} template angelia_template`);
  const drop = (): Promise<void> => asOwner(server, `drop database if exists ${name} with (force)`);
  const ownerUrl = Object.assign(new URL(server), { pathname: name });
  const appUrl = Object.assign(new URL(ownerUrl), {
    username: "angelia_app",
    password: inject("postgresAppPassword"),
  });
  return { name, ownerUrl: ownerUrl.href, appUrl: appUrl.href, drop, [Symbol.asyncDispose]: drop };
}

async function asOwner(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}
