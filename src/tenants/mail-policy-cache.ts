import { MailPolicy } from "../contract/mail-policy.ts";
import type { Db } from "../db/index.ts";
import type { TenantId } from "../kernel/id.ts";
import type { Clock } from "../kernel/ports.ts";
import { readMailPolicy } from "./mail-policy.store.ts";

/** A changed policy is followed everywhere after this. */
const KEPT_MS = 15_000;
const KEPT_MAX = 20_000;

/** What each tenant wants done with incoming mail: asked for with every message, so it is kept for a while. */
export class MailPolicyCache {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #kept = new Map<TenantId, { readonly policy: MailPolicy; readonly until: number }>();

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** @throws {MailError} unavailable */
  async of(tenantId: TenantId): Promise<MailPolicy> {
    const kept = this.#kept.get(tenantId);
    if (kept !== undefined && kept.until > this.#clock()) return kept.policy;
    const policy = await this.#db.tenant(tenantId, readMailPolicy);
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    this.#kept.set(tenantId, { policy, until: this.#clock() + KEPT_MS });
    return policy;
  }

  /** What it was when it was read last, or the defaults: for when the database is away. */
  lastKnown(tenantId: TenantId): MailPolicy {
    return this.#kept.get(tenantId)?.policy ?? MailPolicy.parse({});
  }

  /** To be called after a change, so that this process follows it at once. */
  forget(tenantId: TenantId): void {
    this.#kept.delete(tenantId);
  }
}
