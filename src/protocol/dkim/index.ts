export { RelaxedBody } from "./relaxed-body.ts";
export { signatureField, signedHeader, type SignatureTags, type SignedHeader } from "./signature.ts";
