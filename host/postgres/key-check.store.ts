import { createHmac } from "node:crypto";
import postgres from "postgres";

/** Compares the master key with the one that this database was begun with, and remembers it the first time.
 * Another key would read nothing, and new mail under it would be unreadable with the right one.
 * @param mayWrite the role owns the schema   @throws {Error} for the operator */
export async function checkMasterKey(url: string, masterKey: Uint8Array, mayWrite: boolean): Promise<void> {
  const mark = createHmac("sha256", masterKey).update("mark of the master key").digest("hex");
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    if (mayWrite)
      await sql`insert into installation (master_key_mark) values (${mark}) on conflict do nothing`;
    const [row] = await sql<{ master_key_mark: string }[]>`select master_key_mark from installation`;
    if (row !== undefined && row.master_key_mark !== mark)
      throw new Error(
        "The master key is not the one that this database was made with: its mail would be unreadable. Set ANGELIA_MASTER_KEY to the right key, or put back <data dir>/master.key from a backup.",
      );
  } finally {
    await sql.end();
  }
}
