import type { Registry } from "prom-client";
import type { ClientConnections } from "../smtp-relay/listen/client-connections.ts";
import type { Scanners } from "../smtp-relay/scanners/scanners.ts";
import type { Db } from "../src/db/index.ts";
import type { Domains } from "../src/domains/index.ts";
import type { Clock, Log, RandomBytes } from "../src/kernel/ports.ts";
import type { Mailstore } from "../src/mailstore/index.ts";
import type { Outbound } from "../src/outbound/index.ts";
import type { Tenancy } from "../src/tenants/index.ts";
import type { Config } from "./config.ts";
import type { Role } from "./setting-values.ts";
import type { PortName } from "./settings.ts";
import type { SigningParts } from "./signing.ts";
import type { Tls } from "./tls.ts";

/** What runs: a server, a queue worker. */
export interface Service {
  readonly name: string;
  /** Where it listens, for the operator: `127.0.0.1:2525` or `http://127.0.0.1:8080`. */
  readonly address?: string;
  /** Takes nothing new, finishes what is under way, and ends. */
  stop(): Promise<void>;
}

/** What a service is made of. One of each per process. */
export interface HostDeps {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly db: Db;
  readonly store: Mailstore;
  readonly tenancy: Tenancy;
  readonly outbound: Outbound;
  readonly domains: Domains;
  readonly signing: SigningParts;
  readonly tls: Tls;
  /** Connections of those who read mail, in all protocols. */
  readonly clients: ClientConnections;
  /** 32 octets; what lies beside the database is encrypted with keys that are derived from it */
  readonly fileKey: Uint8Array<ArrayBuffer>;
  readonly scanners: Scanners;
  readonly metrics: Registry;
  /** False until all services have started, and again from the moment that the process was told to stop. */
  readonly isServing: () => boolean;
}

/** One line of the list of services. */
export interface ServiceStarter {
  /** Runs when this role is on. */
  readonly role: Role;
  /** The ports that it listens on; they are looked at before anything starts. */
  readonly ports: readonly PortName[];
  start(deps: HostDeps): Promise<readonly Service[]>;
}
