import type { Db, TenantTx } from "../../src/db/index.ts";
import type { Inhabitant } from "./isolation-world.ts";

/** What one tenant gets when it names what belongs to another: an error, nothing, or only its own. */
export interface Attack {
  readonly gives: "throws" | "nothing" | "own";
  run(tx: TenantTx, victim: Inhabitant, self: Inhabitant, db: Db): Promise<unknown>;
}

export const throws = (run: Attack["run"]): Attack => ({ gives: "throws", run });
export const nothing = (run: Attack["run"]): Attack => ({ gives: "nothing", run });
export const own = (run: Attack["run"]): Attack => ({ gives: "own", run });
