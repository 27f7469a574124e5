import * as key from "../../src/access/api-key.store.ts";
import * as request from "../../src/access/idempotency.store.ts";
import { listFirstAddresses } from "../../src/tenants/target.store.ts";
import { listAudit } from "../../src/tenants/audit.store.ts";
import { type Attack, nothing, own, throws } from "./attack.ts";
import { AT, KEY_ID, keyOf, OCTETS, requestOf, RUN, TIMES } from "./settle-keys.ts";

/** It runs as `angelia_system`, and sees when a request began, not what it was. */
export const KEY_SYSTEM: readonly string[] = ["access/idempotency#purgeRequests"];

/** API keys, requests that are repeated, and the log of what was done. */
export const keyAttacks: Readonly<Record<string, Attack>> = {
  "access/api-key#countApiKeys": nothing((tx) => key.countApiKeys(tx)),
  "access/api-key#deleteApiKey": nothing((tx) => key.deleteApiKey(tx, KEY_ID)),
  "access/api-key#findApiKey": nothing((_tx, _v, self, db) => key.findApiKey(db, self.tenantId, OCTETS)),
  "access/api-key#insertApiKey": throws((tx, v) => key.insertApiKey(tx, keyOf(v.accountId, "stolen"))),
  "access/api-key#listApiKeys": nothing((tx) => key.listApiKeys(tx, { before: null, limit: 10 })),
  "access/api-key#markApiKeyOutlived": nothing((tx) => key.markApiKeyOutlived(tx, KEY_ID, AT)),
  "access/api-key#touchApiKey": nothing((tx) => key.touchApiKey(tx, KEY_ID, { now: AT, unless: AT })),
  "access/idempotency#answerRequest": throws((tx, v) =>
    request.answerRequest(tx, requestOf(v.accountId), RUN, {
      status: 201,
      contentType: "",
      tenantKeyId: KEY_ID,
      wrappedKey: OCTETS,
    }),
  ),
  // It begins one of the attacker's own: that the victim has one of this name is not to be seen.
  "access/idempotency#beginRequest": own((tx, v) =>
    request.beginRequest(tx, requestOf(v.accountId), { fingerprint: OCTETS, run: RUN, ...TIMES }),
  ),
  "access/idempotency#dropRequest": nothing((tx, v) => request.dropRequest(tx, requestOf(v.accountId), RUN)),
  "access/idempotency#readRequest": nothing((tx, v) => request.readRequest(tx, requestOf(v.accountId))),
  "tenants/target#listFirstAddresses": nothing((tx, v) => listFirstAddresses(tx, [v.address, v.alias])),
  "tenants/audit#listAudit": own((tx) => listAudit(tx, {}, { before: null, limit: 100 })),
};
