export { isApiKey, type KeyHolder, makeApiKey, mayGive, removeApiKey, signInByKey } from "./api-key.ts";
export { listApiKeys } from "./api-key.store.ts";
export { type Answer, ANSWERS_KEPT_MS, beginOnce, type RequestRun } from "./idempotency.ts";
export { purgeRequests } from "./idempotency.store.ts";
