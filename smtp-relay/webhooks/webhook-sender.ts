import type { WebhookEvent } from "../../src/contract/webhooks.ts";
import type { Log } from "../../src/kernel/ports.ts";
import { type Outbound, raiseAlert } from "../../src/outbound/index.ts";
import type { Tenancy } from "../../src/tenants/index.ts";
import {
  type DeliveryContent,
  type DeliveryLease,
  leaseDeliveries,
  openWebhookSecret,
  type Outcome,
  readDelivery,
  recordDelivery,
  signatureFields,
  stopFailingWebhook,
  webhookRetryDelay,
} from "../../src/webhooks/index.ts";
import { postEvent, type Posted } from "./post-event.ts";

const AT_ONCE = 16;
const LOOK_MS = 2_000;
/** Longer than a post may take. */
const LEASE_MS = 60_000;
/** A webhook that takes nothing for so long is switched off. */
const FAILING_MS = 3 * 86_400_000;
/** RFC 9110 §15.5.11: it wants no more. */
const GONE = 410;

export interface WebhookSenderDeps {
  readonly tenancy: Tenancy;
  readonly outbound: Outbound;
  readonly log: Log;
  /** see `postEvent` */
  readonly allowPrivate: boolean;
  /** Milliseconds between two looks at what is due. */
  readonly lookMs?: number;
}

/** Tells the agencies' own programs what happened. Any number of processes may do so: each delivery is leased, and one whose process dies
 * is posted again, with the same `webhook-id`. */
export class WebhookSender {
  readonly #deps: WebhookSenderDeps;
  #loop: Promise<void> | undefined;
  #isStopping = false;
  #wake: (() => void) | undefined;

  constructor(deps: WebhookSenderDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake?.();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      let count = 0;
      try {
        count = await this.#sendDue();
      } catch (error) {
        this.#deps.log.warn("webhooks_look_failed", { error });
      }
      if (count === 0) await this.#rest();
    }
  }

  /** @returns how many were posted */
  async #sendDue(): Promise<number> {
    const { db, clock } = this.#deps.tenancy;
    const now = clock();
    const leases = await db.system("webhooks: due", (tx) =>
      leaseDeliveries(tx, { now, until: now + LEASE_MS, limit: AT_ONCE }),
    );
    await Promise.all(
      leases.map(async (lease) => {
        try {
          await this.#send(lease);
        } catch (error) {
          // It is tried again when its lease ends.
          this.#deps.log.warn("webhook_failed", { tenantId: lease.tenantId, id: lease.id, error });
        }
      }),
    );
    return leases.length;
  }

  async #send(lease: DeliveryLease): Promise<void> {
    const { db, clock } = this.#deps.tenancy;
    const content = await db.tenant(lease.tenantId, (tx) => readDelivery(tx, lease));
    if (content === undefined) return;
    const posted = content.isOn ? await this.#post(lease, content) : { status: null, error: "off" };
    const now = clock();
    const outcome = decideAfterPost(posted, lease.attempts, now);
    await db.tenant(lease.tenantId, (tx) => recordDelivery(tx, lease, outcome, now));
    if (outcome.state === "done") return;
    const failingBefore = posted.status === GONE ? now : now - FAILING_MS;
    const stopped = await db.tenant(lease.tenantId, (tx) =>
      stopFailingWebhook(tx, lease.webhookId, { failingBefore, now }),
    );
    if (stopped !== undefined) await this.#tellStopped(lease, stopped, now);
  }

  async #post(lease: DeliveryLease, content: DeliveryContent): Promise<Posted> {
    const { tenant, actor, subject, detail } = content;
    const event: WebhookEvent = {
      type: content.event,
      timestamp: content.at,
      data: { tenant, actor, subject, detail },
    };
    const body = JSON.stringify(event);
    const secret = await openWebhookSecret(this.#deps.tenancy, lease.tenantId, lease.webhookId, content);
    const seconds = Math.floor(this.#deps.tenancy.clock() / 1_000);
    const fields = await signatureFields(secret, { id: lease.id, seconds, body });
    return postEvent(content.url, body, fields, this.#deps.allowPrivate);
  }

  async #tellStopped({ tenantId }: DeliveryLease, url: string, now: number): Promise<void> {
    await raiseAlert(this.#deps.outbound, tenantId, {
      kind: "webhook_failing",
      subject: url,
      windowStart: now,
      detail: {},
      at: now,
    });
  }

  async #rest(): Promise<void> {
    if (this.#isStopping) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#deps.lookMs ?? LOOK_MS);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}

/** What becomes of a delivery after an attempt. */
export function decideAfterPost({ status, error }: Posted, attempts: number, now: number): Outcome {
  if (error === null) return { state: "done", dueAt: now, status, error };
  const delay = error === "off" || status === GONE ? null : webhookRetryDelay(attempts);
  return delay === null
    ? { state: "failed", dueAt: now, status, error }
    : { state: "waiting", dueAt: now + delay, status, error };
}
