import { toHex } from "../kernel/hex.ts";
import type { Mailstore, PreparedMessage } from "../mailstore/index.ts";
import type { Identity, SourceKind } from "./rows.ts";

/** 16 octets of SHA-256 over words, in the shape of a UUID: names what is too long for a key. */
export async function digestOf(store: Mailstore, ...words: readonly string[]): Promise<string> {
  const sum = await store.vault.sha256(new TextEncoder().encode(words.join("\0")));
  const hex = toHex(sum.subarray(0, 16));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** What tells whether a message is the same as one from elsewhere. */
export async function identify(
  store: Mailstore,
  kind: SourceKind,
  { blob, structure }: PreparedMessage,
): Promise<Identity> {
  const [messageId] = structure.ids ?? [];
  const sent = structure.sent?.ms;
  const [, bodyStart] = structure.root.at;
  return {
    kind,
    digest: blob.digest,
    likeness:
      messageId === undefined || sent === undefined
        ? null
        : await digestOf(store, messageId, String(Math.floor(sent / 1_000))),
    bodyBytes: structure.size - bodyStart,
  };
}
