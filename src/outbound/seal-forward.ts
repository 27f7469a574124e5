import type { BlobSource } from "../blob/index.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";

/** Who here has sent a message that is sent on. */
export interface ForwardAuthor {
  readonly tenantId: TenantId;
  readonly submissionId: string;
  readonly accountId: AccountId;
  readonly mailFrom: string;
}

/** Makes a message that is sent on provable: signed by its author's domain if it comes from here, and sealed (ARC, RFC 8617) by the
 * domain that sends it on. What can't be had is left out: a missing seal stops no mail. */
export type SealForward = (forward: {
  readonly tenantId: TenantId;
  /** that sends it on */
  readonly domain: string;
  readonly content: BlobSource;
  /** What `Authentication-Results` says of it, with our name in front; null: nothing is known. */
  readonly results: string | null;
  readonly author: ForwardAuthor | null;
}) => Promise<BlobSource>;
