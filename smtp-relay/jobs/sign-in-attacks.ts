import { type Outbound, tellSignInAttacks } from "../../src/outbound/index.ts";
import {
  FORGET_MS,
  KNOWN_MS,
  purgeSignInAttacks,
  purgeSignInFailures,
  purgeSignIns,
} from "../../src/tenants/index.ts";
import type { PeriodicJob } from "./job-runner.ts";

/** What was told of is of no use after this. */
const KEEP_ATTACKS_MS = 90 * 86_400_000;
/** Who has signed in from where is known for so long. */
const KEEP_SIGN_INS_MS = 90 * 86_400_000;

/** Tells administrators where somebody tries passwords. */
export function signInAttacksJob({ outbound }: { readonly outbound: Outbound }): PeriodicJob {
  return {
    name: "sign-in-attacks",
    everyMs: 60_000,
    run: async (stopping) => {
      await tellSignInAttacks(outbound, stopping);
    },
  };
}

/** Forgets wrong passwords that are no longer counted, and networks from which nobody has signed in for long, and sign-ins of long ago. */
export function purgeSignInsJob({ outbound }: { readonly outbound: Outbound }): PeriodicJob {
  return {
    name: "sign-in-purge",
    everyMs: 3_600_000,
    async run(stopping) {
      const { db, clock } = outbound.store;
      const now = clock();
      for (let count = 1; count > 0 && !stopping.aborted;)
        count = await db.system("sign-ins: purge", (tx) =>
          purgeSignInFailures(tx, now - 2 * FORGET_MS, now - KNOWN_MS),
        );
      await db.system("sign-ins: purge", (tx) => purgeSignInAttacks(tx, now - KEEP_ATTACKS_MS));
      for (let count = 1; count > 0 && !stopping.aborted;)
        count = await db.system("sign-ins: purge", (tx) => purgeSignIns(tx, now - KEEP_SIGN_INS_MS));
    },
  };
}
