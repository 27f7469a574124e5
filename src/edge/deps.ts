import type { Context } from "hono";
import type { ConnectionTest, TestConnection } from "../contract/migrations.ts";
import type { SystemStatus } from "../contract/system-status.ts";
import type { Domains } from "../domains/index.ts";
import type { Log } from "../kernel/ports.ts";
import type { Mailstore } from "../mailstore/index.ts";
import type { Outbound } from "../outbound/index.ts";
import type { ClientHosts } from "../protocol/autoconfig/index.ts";
import type { Tenancy } from "../tenants/index.ts";

/** What the edge stands on; each runtime puts it together (`server.ts`, `worker.ts`). */
export interface EdgeDeps {
  readonly store: Mailstore;
  readonly tenancy: Tenancy;
  readonly outbound: Outbound;
  readonly domains: Domains;
  readonly log: Log;
  /** `ANGELIA_MAX_MESSAGE_BYTES`: what one message that is composed or imported here may take. */
  readonly maxMessageBytes: number;
  /** `ANGELIA_DNS_ZONE`: where the CNAMEs of the customers' DKIM selectors lead to; undefined: the hosted domain. */
  readonly dnsZone?: string | undefined;
  /** The address of the client, or undefined when the runtime can't tell. */
  readonly clientAddress: (c: Context) => string | undefined;
  /** `ANGELIA_API_REQUESTS_PER_MINUTE`: of one person or key, in one process; undefined: 600. */
  readonly apiRequestsPerMinute?: number | undefined;
  /** `ANGELIA_LIMIT_LOOPBACK`: attempts from this machine count too. */
  readonly limitLoopback: boolean;
  /** `ANGELIA_WEBHOOK_PRIVATE_HOSTS`: webhooks may call hosts inside, also without TLS. */
  readonly webhookPrivateHosts?: boolean | undefined;
  /** Where phones and desktop programs find the servers; undefined: our host name, at the usual ports. */
  readonly clients?: Omit<ClientHosts, "webUrl"> | undefined;
  /** Signs a configuration profile with the certificate of the server; null: that can't be done with it. Undefined where there is none
   * (workerd): profiles are served unsigned. */
  readonly signProfile?:
    | ((profile: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer> | null>)
    | undefined;
  /** Old mail that is brought in; undefined: no old server can be tried from here (workerd), and files have the usual limit. */
  readonly migrations?:
    | {
        readonly filesMaxBytes: number;
        readonly testConnection: (test: TestConnection) => Promise<ConnectionTest>;
      }
    | undefined;
  /** `ANGELIA_OLD_SERVER_PRIVATE`: old servers of domains that move may be hosts inside, at any port. */
  readonly privateOldServers?: boolean | undefined;
  /** How the relay beside the edge is; undefined where there is none (workerd). */
  readonly status?: (() => SystemStatus) | undefined;
}
