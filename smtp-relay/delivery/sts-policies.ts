import { rootCertificates } from "node:tls";
import type { Db } from "../../src/db/index.ts";
import type { Resolver } from "../../src/dns/index.ts";
import type { Clock, Log } from "../../src/kernel/ports.ts";
import {
  deleteExpiredStsPolicies,
  type KeptPolicy,
  listStsDomains,
  readStsPolicy,
  upsertStsPolicy,
} from "../../src/outbound/index.ts";
import { parseStsRecord } from "../../src/protocol/mta-sts/index.ts";
import type { TlsResultType } from "../../src/protocol/tls-rpt/index.ts";
import type { DeliverySettings } from "./delivery-settings.ts";
import { fetchStsPolicy } from "./fetch-sts-policy.ts";

/** What is known of a domain's policy. */
export interface StsState {
  /** null: there is none in force */
  readonly policy: KeptPolicy | null;
  /** The domain says that there is one, and it can't be had. */
  readonly failure?: { readonly result: TlsResultType; readonly reason: string };
}

export interface StsDeps {
  readonly db: Db;
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly log: Log;
}

/** RFC 8461 §3.3: no new attempt within five minutes of one that failed. */
const FETCH_AGAIN_MS = 300_000;
/** States in memory at most; the one that was asked for longest ago goes first. */
const KEPT_MAX = 10_000;
/** §10.2: a policy is looked at again every day, also where no mail goes, so that it does not run out unseen. */
const REFRESH_MS = 86_400_000;

interface Kept {
  readonly policy: KeptPolicy | null;
  readonly failed: {
    readonly result: TlsResultType;
    readonly reason: string;
    readonly id: string;
    readonly at: number;
  } | null;
}

/** The MTA-STS policies of others (RFC 8461): announced by DNS, fetched over HTTPS, kept in memory and in PostgreSQL for as long as
 * they say. A policy that can't be fetched anew holds until it runs out: who blocks the way to it does not switch it off. */
export class StsPolicies {
  readonly #deps: StsDeps;
  readonly #settings: Pick<DeliverySettings, "policyPort" | "extraCa">;
  readonly #kept = new Map<string, Kept>();
  readonly #asked = new Map<string, Promise<StsState>>();

  constructor(deps: StsDeps, settings: Pick<DeliverySettings, "policyPort" | "extraCa">) {
    this.#deps = deps;
    this.#settings = settings;
  }

  /** The policy of a recipient's domain. Never throws for what the network does. */
  async policyFor(domain: string): Promise<StsState> {
    const under = this.#asked.get(domain);
    if (under !== undefined) return under;
    const asked = this.#find(domain).finally(() => this.#asked.delete(domain));
    this.#asked.set(domain, asked);
    return asked;
  }

  async #find(domain: string): Promise<StsState> {
    const kept = await this.#read(domain);
    const policy = kept.policy !== null && kept.policy.expiresAt > this.#deps.clock() ? kept.policy : null;
    const id = await this.#announced(domain);
    if (id === null || id === policy?.policyId) return { policy };
    return this.#renew(domain, id, policy, kept.failed);
  }

  async #renew(
    domain: string,
    id: string,
    policy: KeptPolicy | null,
    failed: Kept["failed"],
  ): Promise<StsState> {
    const { resolver, clock, log } = this.#deps;
    if (failed !== null && failed.id === id && clock() - failed.at < FETCH_AGAIN_MS)
      return policy === null ? { policy, failure: failed } : { policy };
    const { policyPort, extraCa } = this.#settings;
    const fetched = await fetchStsPolicy(resolver, domain, {
      port: policyPort,
      ca: extraCa === undefined ? undefined : [...rootCertificates, extraCa],
    });
    if (!fetched.ok) {
      log.warn("mta_sts_fetch_failed", {
        domain,
        failure: fetched.failure,
        reason: fetched.reason,
        hasKept: policy !== null,
      });
      const failure = { result: fetched.failure, reason: fetched.reason };
      this.#keep(domain, { policy, failed: { ...failure, id, at: clock() } });
      return policy === null ? { policy, failure } : { policy };
    }
    const now = clock();
    const fresh = {
      ...fetched.policy,
      domain,
      policyId: id,
      fetchedAt: now,
      expiresAt: now + fetched.policy.maxAge * 1_000,
    };
    this.#keep(domain, { policy: fresh, failed: null });
    await this.#deps.db
      .system("delivery: MTA-STS policy", (tx) => upsertStsPolicy(tx, fresh))
      .catch((error: unknown) => log.warn("mta_sts_not_kept", { domain, error }));
    return { policy: fresh };
  }

  /** The id that the domain's TXT record has now; null: none, or no answer, which changes nothing (§3.1). */
  async #announced(domain: string): Promise<string | null> {
    try {
      return parseStsRecord(await this.#deps.resolver.txt(`_mta-sts.${domain}`));
    } catch {
      return null;
    }
  }

  async #read(domain: string): Promise<Kept> {
    const { db, clock } = this.#deps;
    const found = this.#kept.get(domain);
    // What another process has fetched is worth a look when our own copy has run out.
    if (found !== undefined && (found.policy === null || found.policy.expiresAt > clock())) return found;
    const policy = await db.system("delivery: MTA-STS policy", (tx) => readStsPolicy(tx, domain, clock()));
    const kept = { policy, failed: found?.failed ?? null };
    this.#keep(domain, kept);
    return kept;
  }

  #keep(domain: string, kept: Kept): void {
    this.#kept.delete(domain);
    this.#kept.set(domain, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_MAX) break;
      this.#kept.delete(oldest);
    }
  }

  /** A periodic job: fetches what was fetched more than a day ago anew, and forgets what has run out. */
  async refresh(): Promise<void> {
    const { db, clock } = this.#deps;
    const now = clock();
    const domains = await db.system("job: MTA-STS policies", async (tx) => {
      await deleteExpiredStsPolicies(tx, now);
      return listStsDomains(tx, now - REFRESH_MS, now);
    });
    for (const domain of domains) {
      const id = await this.#announced(domain);
      const { policy } = await this.#read(domain);
      if (id !== null) await this.#renew(domain, id, policy, null);
    }
  }
}
