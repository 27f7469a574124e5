import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { findRunningPostgres } from "../../host/embedded-postgres.ts";

/** Waits until the job of a started system has indexed all messages. @throws {Error} its PostgreSQL does not run */
export async function awaitSearchIndex(dataDir: string): Promise<void> {
  const database = findRunningPostgres(dataDir);
  if (database === undefined) throw new Error("the embedded PostgreSQL does not run");
  const sql = postgres(database.ownerUrl, { max: 1 });
  try {
    for (;;) {
      const [row] = await sql<{ isDone: boolean }[]>`
        select (select count(*) from messages) = (select count(*) from search_filters) as "isDone"`;
      if (row?.isDone === true) return;
      await sleep(500);
    }
  } finally {
    await sql.end();
  }
}
