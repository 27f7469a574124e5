import type { Registry } from "prom-client";
import type { Resolver } from "../../src/dns/index.ts";
import type { Log } from "../../src/kernel/ports.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import { deliveryMetrics } from "./delivery-metrics.ts";
import { DELIVERY_DEFAULTS, type DeliverySettings } from "./delivery-settings.ts";
import { DeliveryWorker, type WorkerDeps } from "./worker.ts";

export interface DeliveryDeps {
  readonly outbound: Outbound;
  readonly resolver: Resolver;
  readonly log: Log;
  readonly registry: Registry;
  readonly sign?: NonNullable<WorkerDeps["sign"]>;
}

/** Starts the worker that delivers what is in the queue. */
export function startDelivery(
  { registry, ...deps }: DeliveryDeps,
  config: Pick<DeliverySettings, "hostname" | "smarthost"> & Partial<DeliverySettings>,
): { stop(patienceMs?: number): Promise<void> } {
  const worker = new DeliveryWorker(
    { ...deps, metrics: deliveryMetrics(registry) },
    { ...DELIVERY_DEFAULTS, ...config },
  );
  worker.start();
  return worker;
}
