import type { Db } from "../db/index.ts";
import type { TenantId } from "../kernel/id.ts";
import type { Clock } from "../kernel/ports.ts";
import { findProvenDomains } from "./domain.store.ts";
import type { SplitDelivery } from "./split-route.ts";

/** A domain that moved to another tenant is noticed after this; a new one at once, since misses aren't kept. */
const KEPT_MS = 30_000;
const KEPT_DOMAINS = 50_000;

/** Whose a proven domain is. */
export interface DomainPlace {
  readonly tenantId: TenantId;
  /** null: all of its mail is for here */
  readonly split: SplitDelivery | null;
}

/** Which tenant a proven domain belongs to: asked for each recipient and each sign-in, so hits are kept for a while. */
export class DomainCache {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #kept = new Map<string, DomainPlace & { readonly until: number }>();

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** @returns the tenants of those domains that are ours @throws {MailError} unavailable */
  async tenantsOf(names: Iterable<string>): Promise<ReadonlyMap<string, TenantId>> {
    const places = await this.placesOf(names);
    return new Map([...places].map(([name, { tenantId }]) => [name, tenantId]));
  }

  /** Forgets what it knows of a domain, in this process. */
  forget(name: string): void {
    this.#kept.delete(name);
  }

  /** @returns what is known of those domains that are ours @throws {MailError} unavailable */
  async placesOf(names: Iterable<string>): Promise<ReadonlyMap<string, DomainPlace>> {
    const now = this.#clock();
    const found = new Map<string, DomainPlace>();
    const missing: string[] = [];
    for (const name of new Set(names)) {
      const kept = this.#kept.get(name);
      if (kept !== undefined && kept.until > now) found.set(name, kept);
      else missing.push(name);
    }
    if (missing.length === 0) return found;
    const rows = await this.#db.system("which tenant has this domain", (tx) =>
      findProvenDomains(tx, missing),
    );
    if (this.#kept.size > KEPT_DOMAINS) this.#kept.clear();
    for (const { name, tenantId, split } of rows) {
      this.#kept.set(name, { tenantId, split, until: now + KEPT_MS });
      found.set(name, { tenantId, split });
    }
    return found;
  }
}
