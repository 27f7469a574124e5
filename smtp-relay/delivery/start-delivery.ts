import type { Registry } from "prom-client";
import type { Resolver } from "../../src/dns/index.ts";
import type { Log } from "../../src/kernel/ports.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import { deliveryMetrics } from "./delivery-metrics.ts";
import { DELIVERY_DEFAULTS, type DeliverySettings } from "./delivery-settings.ts";
import { StsPolicies } from "./sts-policies.ts";
import { TlsResultLog } from "./tls-result-log.ts";
import { newTransport, type SignOutgoing } from "./transport.ts";
import { DeliveryWorker } from "./worker.ts";

export interface DeliveryDeps {
  readonly outbound: Outbound;
  readonly resolver: Resolver;
  readonly log: Log;
  readonly registry: Registry;
  /** Absent: mail leaves unsigned. */
  readonly sign?: SignOutgoing;
}

export interface Delivering {
  stop(patienceMs?: number): Promise<void>;
}

/** Starts the worker that delivers what is in the queue. */
export function startDelivery(
  { registry, resolver, ...deps }: DeliveryDeps,
  config: Pick<DeliverySettings, "hostname" | "smarthost"> & Partial<DeliverySettings>,
): Delivering {
  const settings = { ...DELIVERY_DEFAULTS, ...config };
  const { db, clock } = deps.outbound.store;
  const results = new TlsResultLog(db, clock, deps.log);
  const transport = newTransport({
    resolver,
    settings,
    sts: new StsPolicies({ db, resolver, clock, log: deps.log }, settings),
    note: (outcome) => results.add(outcome),
  });
  const worker = new DeliveryWorker({ ...deps, transport, metrics: deliveryMetrics(registry) }, settings);
  worker.start();
  return {
    async stop(patienceMs) {
      await worker.stop(patienceMs);
      await results.flush();
    },
  };
}
