export { codeOf } from "./code.ts";
export { stateOf } from "./decide-verification.ts";
export { decideAgency, pendingLetters, reopenAgency, verificationCases } from "./operator.ts";
export { findCandidates, importRegistry } from "./registry.ts";
export { confirmCode, sendCode, verificationOf } from "./verify.ts";
