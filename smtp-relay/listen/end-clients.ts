import type { Db } from "../../src/db/index.ts";
import { AccountId } from "../../src/kernel/id.ts";
import type { Log } from "../../src/kernel/ports.ts";
import { ENDED_CHANNEL, listSwitchedOff } from "../../src/people/index.ts";
import type { ClientConnections } from "./client-connections.ts";

/** From here on the connections of whoever is signed out or switched off are closed at once, whichever process did it. What was missed while
 * the database was away is looked up. */
export async function endClients(db: Db, clients: ClientConnections, log: Log): Promise<void> {
  async function endSwitchedOff(): Promise<void> {
    const ids = clients.accounts();
    if (ids.length === 0) return;
    try {
      const off = await db.system("whose sessions end", (tx) => listSwitchedOff(tx, ids));
      for (const id of off) clients.end(id);
    } catch (error) {
      log.warn("clients.end_failed", { error: String(error) });
    }
  }
  await db.listen(
    ENDED_CHANNEL,
    (payload) => {
      const id = AccountId.safeParse(payload);
      if (id.success) clients.end(id.data);
    },
    () => void endSwitchedOff(),
  );
}
