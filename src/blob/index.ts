export { type BlobSource, joinSources, type ObjectStore, sourceOf } from "./object-store.ts";
export { type Cipher, webCipher } from "./cipher.ts";
export { KeyRing } from "./key-ring.ts";
export { type S3Settings, s3ObjectStore } from "./s3-object-store.ts";
export { type ByteRange, type SealedBlob, Vault } from "./vault.ts";
