export { type Decider, deleteHeld, releaseHeld } from "./decide.ts";
export { type Held, HeldId, userMayRelease } from "./held.ts";
export { expireHeld, findExpiringTenants, findHeld, findHeldTenant, listHeld } from "./held.store.ts";
export { type HeldLinkClaim, readLink, signLink } from "./link.ts";
export { quarantineMessage, type ToHold } from "./quarantine-message.ts";
export { readHeldHeader } from "./read-header.ts";
export { type DigestDeps, sendDigests } from "./send-digests.ts";
