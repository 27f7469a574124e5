import type { TenantId } from "../../src/kernel/id.ts";
import { rotateDomain, type RotationDeps } from "../../src/signing/index.ts";
import { listDomains } from "../../src/tenants/index.ts";

/** A domain is looked after no more often than this when its mail goes unsigned. */
const AGAIN_MS = 60_000;
const REMEMBERED = 10_000;
/** So long a message waits for the keys of its domain. */
const PATIENCE_MS = 8_000;

/** Looks after a proven domain whose mail would leave unsigned: makes its first keys, and activates them if the DNS shows them already.
 * The periodic job does the same; this spares the first mail of a domain the wait. Never throws. */
export class DomainPreparer {
  readonly #deps: RotationDeps;
  readonly #tried = new Map<string, number>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(deps: RotationDeps) {
    this.#deps = deps;
  }

  async prepare(tenantId: TenantId, domain: string): Promise<void> {
    const { clock } = this.#deps.signing;
    const name = `${tenantId}/${domain}`;
    let running = this.#running.get(name);
    if (running === undefined) {
      if (clock() - (this.#tried.get(name) ?? -Infinity) < AGAIN_MS) return;
      if (this.#tried.size >= REMEMBERED) this.#tried.clear();
      this.#tried.set(name, clock());
      running = this.#run(tenantId, domain).finally(() => this.#running.delete(name));
      this.#running.set(name, running);
    }
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, PATIENCE_MS);
    await Promise.race([running, late.promise]);
    clearTimeout(timer);
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
