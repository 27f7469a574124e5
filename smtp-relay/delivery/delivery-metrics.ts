import { Counter, Gauge, type Registry } from "prom-client";

export interface DeliveryMetrics {
  /** outcome: delivered, relayed, temporary, permanent */
  readonly recipients: Counter<"outcome">;
  /** action: failed, delayed, delivered, relayed */
  readonly notices: Counter<"action">;
  readonly active: Gauge;
}

const made = new WeakMap<Registry, DeliveryMetrics>();

/** The metrics of a registry; made at the first call. */
export function deliveryMetrics(registry: Registry): DeliveryMetrics {
  const known = made.get(registry);
  if (known !== undefined) return known;
  const registers = [registry];
  const metrics: DeliveryMetrics = {
    recipients: new Counter({
      name: "angelia_delivery_recipients_total",
      help: "Recipients of outgoing mail, by what an attempt gave.",
      labelNames: ["outcome"],
      registers,
    }),
    notices: new Counter({
      name: "angelia_delivery_notices_total",
      help: "Notices to senders: bounces, delays, confirmations.",
      labelNames: ["action"],
      registers,
    }),
    active: new Gauge({ name: "angelia_delivery_active", help: "Messages being sent now.", registers }),
  };
  made.set(registry, metrics);
  return metrics;
}
