import type { SignInAttack, SignInRecord, WebSession } from "../../contract/security.ts";
import type { OpenSession, StoredAttack, StoredSignIn } from "../../tenants/index.ts";
import type { EdgeDeps } from "../deps.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

/** The country of a network, as the table of today has it. */
function countryOf({ outbound }: EdgeDeps, network: string): string | null {
  const [address = ""] = network.split("/");
  return address === "unknown" ? null : (outbound.countryOf?.(address) ?? null);
}

export const signInView = (deps: EdgeDeps, one: StoredSignIn): SignInRecord => ({
  id: one.id,
  address: one.address,
  succeeded: one.succeeded,
  protocol: one.protocol,
  network: one.network,
  country: countryOf(deps, one.network),
  firstAt: iso(one.firstAt),
  lastAt: iso(one.lastAt),
  count: one.count,
});

/** @param current the session that asks */
export const sessionView = (deps: EdgeDeps, one: OpenSession, current: string | null): WebSession => ({
  id: one.id,
  address: one.address,
  name: one.name,
  openedAt: iso(one.openedAt),
  lastSeenAt: iso(one.lastSeenAt),
  expiresAt: iso(one.expiresAt),
  device: one.device,
  network: one.network,
  country: countryOf(deps, one.network),
  isCurrent: one.id === current,
});

export function attackView(deps: EdgeDeps, { subject, day, at, detail }: StoredAttack): SignInAttack {
  const { failures, network, protocol } = detail;
  const from = typeof network === "string" ? network : "unknown";
  return {
    subject,
    day,
    at: iso(at),
    failures: typeof failures === "number" ? failures : 0,
    network: from,
    country: countryOf(deps, from),
    protocol: typeof protocol === "string" ? protocol : "",
  };
}
