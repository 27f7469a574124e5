export { RelaxedBody } from "./relaxed-body.ts";
export { signatureField, signedHeader, type SignedHeader } from "./signature.ts";
