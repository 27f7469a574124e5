import { Counter, Gauge, type Registry } from "prom-client";

/** Numbers of what happens before a message is sent; of all servers of a process. */
export interface GateMetrics {
  /** Clients and recipients that were turned away, by why. */
  readonly refusals: Counter<"service" | "reason">;
  /** outcome: listed, clean, no_answer, refused (the list does not answer us) */
  readonly lookups: Counter<"zone" | "outcome">;
  /** outcome: waits, passed, known, vouched (by SPF) */
  readonly greylisted: Counter<"outcome">;
  readonly tarpitted: Gauge;
}

const made = new WeakMap<Registry, GateMetrics>();

/** The metrics of a registry; made at the first call. */
export function gateMetrics(registry: Registry): GateMetrics {
  const known = made.get(registry);
  if (known !== undefined) return known;
  const registers = [registry];
  const metrics: GateMetrics = {
    refusals: new Counter({
      name: "angelia_gate_refusals_total",
      help: "Clients and recipients that were turned away before their message, by why.",
      labelNames: ["service", "reason"],
      registers,
    }),
    lookups: new Counter({
      name: "angelia_dns_list_lookups_total",
      help: "Questions to DNS block and allow lists, by what came of them.",
      labelNames: ["zone", "outcome"],
      registers,
    }),
    greylisted: new Counter({
      name: "angelia_greylist_total",
      help: "Recipients that greylisting looked at, by what it said.",
      labelNames: ["outcome"],
      registers,
    }),
    tarpitted: new Gauge({
      name: "angelia_tarpitted_connections",
      help: "Clients that wait for the answer to one refusal too many.",
      registers,
    }),
  };
  made.set(registry, metrics);
  return metrics;
}
