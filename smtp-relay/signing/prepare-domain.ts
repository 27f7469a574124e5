import type { TenantId } from "../../src/kernel/id.ts";
import { rotateDomain, type RotationDeps } from "../../src/signing/index.ts";
import { listDomains } from "../../src/tenants/index.ts";

/** A domain is looked after no more often than this when its mail goes unsigned. */
const AGAIN_MS = 60_000;
const REMEMBERED = 10_000;
/** So long the first messages of a domain wait for its keys. */
const PATIENCE_MS = 5_000;

/** Looks after a proven domain whose mail would leave unsigned: makes its first keys, and activates them if the DNS shows them already.
 * The periodic job does the same; this spares the first mail of a domain the wait. */
export class DomainPreparer {
  readonly #deps: RotationDeps;
  readonly #tried = new Map<string, number>();
  /** What messages wait for while a domain is looked after. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(deps: RotationDeps) {
    this.#deps = deps;
  }

  /** Never throws. @returns whether anything was done, so that there may be keys now */
  async prepare(tenantId: TenantId, domain: string): Promise<boolean> {
    const { clock } = this.#deps.signing;
    const name = `${tenantId}/${domain}`;
    const running = this.#running.get(name);
    if (running !== undefined) {
      await running;
      return true;
    }
    const triedAt = this.#tried.get(name);
    if (triedAt !== undefined && clock() - triedAt < AGAIN_MS) return false;
    if (this.#tried.size >= REMEMBERED) this.#tried.clear();
    this.#tried.set(name, clock());
    const work = this.#run(tenantId, domain).finally(() => this.#running.delete(name));
    // Who has no records in the DNS, or a DNS that does not answer, waits once and not each minute.
    const wait = triedAt === undefined ? atMost(work, PATIENCE_MS) : Promise.resolve();
    this.#running.set(name, wait);
    await wait;
    return true;
  }

  async #run(tenantId: TenantId, domain: string): Promise<void> {
    const { signing, log } = this.#deps;
    try {
      const domains = await signing.db.tenant(tenantId, listDomains);
      if (domains.some((one) => one.name === domain && one.proven))
        await rotateDomain(this.#deps, tenantId, domain);
    } catch (error) {
      log.warn("dkim_prepare_failed", { domain, error });
    }
  }
}

async function atMost(work: Promise<void>, ms: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}
