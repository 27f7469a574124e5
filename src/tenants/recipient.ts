import type { AccountId, TenantId } from "../kernel/id.ts";

/** Somebody here. */
export interface LocalRecipient {
  readonly kind: "local";
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  /** canonical */
  readonly address: string;
  /** A few seconds old; the delivery itself counts exactly. */
  readonly quotaBytes: number;
  readonly usedBytes: number;
}

/** Where mail to an address goes. */
export type Recipient =
  | LocalRecipient
  /** The domain is ours, and there is no such person. */
  | { readonly kind: "unknown_user" }
  | { readonly kind: "disabled" }
  /** The domain is not ours, or the address is malformed. */
  | { readonly kind: "elsewhere" };
