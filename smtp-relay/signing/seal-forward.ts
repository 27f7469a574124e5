import { type BlobSource, joinSources, sourceOf } from "../../src/blob/index.ts";
import type { Log } from "../../src/kernel/ports.ts";
import type { SealForward } from "../../src/outbound/index.ts";
import { signingKeyFor } from "../../src/signing/index.ts";
import { sealArc } from "./seal-arc.ts";
import { type SignerDeps, signOutgoing } from "./sign-outgoing.ts";

/** What the validation of the chain gave, as Authentication-Results says it (RFC 8601 §2.7, RFC 8617 §4.1.1). */
function chainOf(results: string): "none" | "pass" | "fail" {
  const found = /(?:^|[;\s])arc=(none|pass|fail)\b/i.exec(results)?.[1]?.toLowerCase();
  return found === "pass" || found === "fail" ? found : "none";
}

/** Signs what one of ours wrote, and seals what goes on, with the keys of the domains that they are of. */
export function sealForwardWith(deps: SignerDeps & { readonly log: Log }): SealForward {
  const { signing, log } = deps;
  return async ({ tenantId, domain, content, results, author }): Promise<BlobSource> => {
    const signed = author === null ? content : await signOutgoing(deps, author.tenantId, author, content);
    if (results === null) return signed;
    const key = await signingKeyFor(signing, tenantId, domain);
    if (key === undefined) return signed;
    try {
      const seal = await sealArc(signed, key, { results, chain: chainOf(results) }, signing.clock());
      return seal === "" ? signed : joinSources(sourceOf(new TextEncoder().encode(seal)), signed);
    } catch (error) {
      log.warn("arc_seal_failed", { domain, error });
      return signed;
    }
  };
}
