export { isApiKey, type KeyHolder, makeApiKey, mayGive, removeApiKey, signInByKey } from "./api-key.ts";
export { listApiKeys } from "./api-key.store.ts";
export { type Answer, ANSWERS_KEPT_MS, beginOnce, type RequestRun } from "./idempotency.ts";
export { purgeRequests } from "./idempotency.store.ts";
export { accessesTo } from "./access-log.ts";
export {
  agreeForOwn,
  agreeToSupport,
  askSupport,
  closeSupportAccess,
  supportAccess,
  supportAccesses,
  supportActor,
} from "./support-access.ts";
export {
  enterSupport,
  isSupportToken,
  leaveSupport,
  makeSupportLink,
  readSupportSession,
  SUPPORT_PERMISSIONS,
  type SupportHolder,
} from "./support-session.ts";
