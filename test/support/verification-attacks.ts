import { insertUnverified } from "../../src/tenants/tenant.store.ts";
import * as registry from "../../src/verification/registry.store.ts";
import * as verification from "../../src/verification/verification.store.ts";
import { type Attack, nothing, own } from "./attack.ts";
import { codeOn } from "./settle-access.ts";

const NOW = 1.8e12;

/** The registry is everybody's: what is in it is no agency's. */
export const verificationAttacks: Readonly<Record<string, Attack>> = {
  "verification/registry#findEntries": own((tx) =>
    registry.findEntries(tx, { typed: "x", key: "x", grams: [" x "], limit: 9 }),
  ),
  "verification/registry#hasEntries": own((tx) => registry.hasEntries(tx)),
  "verification/registry#readEntry": own((tx) => registry.readEntry(tx, "GR", "1")),
  "verification/verification#countTry": own((tx) => verification.countTry(tx)),
  "verification/verification#lockVerification": nothing((tx) => verification.lockVerification(tx)),
  "verification/verification#readVerification": nothing((tx) => verification.readVerification(tx)),
  "verification/verification#setCode": nothing((tx, v) => verification.setCode(tx, codeOn(v.uploadId))),
  "verification/verification#setContested": nothing((tx) =>
    verification.setContested(tx, { country: "GR", officialId: "1", now: NOW }),
  ),
  // The last one: from then on the attacker has such a row too.
  "tenants/tenant#insertUnverified": own((tx) => insertUnverified(tx)),
};

export const VERIFICATION_SYSTEM: readonly string[] = [
  "verification/registry#listTaken",
  "verification/registry#upsertEntries",
  "verification/verification#countCodesTo",
  "verification/verification#decideByOperator",
  "verification/verification#listCases",
  "verification/verification#markPrinted",
  "verification/verification#markVerified",
  "verification/verification#reopen",
];
