import type { MessageId, TenantId } from "../kernel/id.ts";
import type { Mailstore } from "./delivery.ts";
import { type FilterOf, GramHasher, type GramQuery } from "./gram-filter.ts";
import { type FilterProbe, type FilterSizes, probeFilters } from "./search-index.store.ts";
import type { Pause } from "./search-texts.ts";
import { sipKey } from "./sip-hash.ts";

/** Asks the filters of messages. @param of the texts that are looked at: one of them must have all grams
 * @returns the messages that may hold what is looked for: all others don't @throws {MailError} unavailable */
export async function askFilters(
  { db, vault }: Pick<Mailstore, "db" | "vault">,
  tenantId: TenantId,
  { grams, of }: { readonly grams: GramQuery; readonly of: readonly FilterOf[] },
  sizes: readonly FilterSizes[],
  pause: Pause,
): Promise<ReadonlySet<MessageId>> {
  if (!grams.isUseful) return new Set(sizes.map(({ messageId }) => messageId));
  const keys = new Map([...(await vault.searchKeys(tenantId))].map(([id, key]) => [id, sipKey(key)]));
  const hasher = new GramHasher();
  const may = new Set<MessageId>();
  for (const filter of of) {
    const probes: FilterProbe[] = [];
    for (const { messageId, tenantKeyId, headBytes, bodyBytes } of sizes) {
      const key = keys.get(tenantKeyId);
      const bytes = filter === "head" ? headBytes : bodyBytes;
      if (bytes === null || key === undefined) may.add(messageId);
      if (bytes === null || bytes === 0 || key === undefined || may.has(messageId)) continue;
      hasher.begin(key, messageId, filter);
      probes.push({ messageId, bits: grams.bits(hasher, bytes) });
      await pause();
    }
    if (probes.length === 0) continue;
    for (const id of await probeFilters(db, tenantId, filter, probes)) may.add(id);
  }
  return may;
}
