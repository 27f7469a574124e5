import type { BlobSource } from "../../src/blob/index.ts";
import type { Resolver } from "../../src/dns/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import type { QueueEntry } from "../../src/outbound/index.ts";
import type { DeliverySettings } from "./delivery-settings.ts";
import { SessionPool } from "./session-pool.ts";
import type { StsState } from "./sts-policies.ts";
import type { TlsOutcome } from "./tls-result-log.ts";

/** Puts signatures before a message as it leaves, after every conversion. */
export type SignOutgoing = (
  tenantId: TenantId,
  entry: QueueEntry,
  content: BlobSource,
) => Promise<BlobSource>;

/** What all deliveries of a process to other servers share. */
export interface Transport {
  readonly resolver: Resolver;
  readonly settings: DeliverySettings;
  readonly sessions: SessionPool;
  readonly sts: { policyFor(domain: string): Promise<StsState> };
  readonly note: (outcome: TlsOutcome) => void;
  /** Addresses that did not answer lately, and until when others are tried before them. */
  readonly silent: Map<string, number>;
}

/** Connections that wait for more at once: each has a socket here and a process there. */
const IDLE_MAX = 100;

export function newTransport(
  parts: Pick<Transport, "resolver" | "settings"> & Partial<Pick<Transport, "sts" | "note">>,
): Transport {
  const { idleMs, messagesPerSession: messagesMax } = parts.settings;
  return {
    sts: { policyFor: () => Promise.resolve({ policy: null }) },
    note: () => undefined,
    ...parts,
    sessions: new SessionPool({ idleMs, idleMax: IDLE_MAX, messagesMax }),
    silent: new Map(),
  };
}
