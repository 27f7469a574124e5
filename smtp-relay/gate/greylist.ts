import { createHash } from "node:crypto";
import { spf } from "mailauth";
import type { Resolver } from "../../src/dns/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { greylist, type Outbound } from "../../src/outbound/index.ts";
import { type Reply, reply } from "../../src/protocol/smtp/index.ts";
import { mailauthDns } from "../inbound/mailauth-dns.ts";
import { networkOf } from "../listen/address.ts";
import type { GateMetrics } from "./gate-metrics.ts";

/** How long SPF may take; who can't be vouched for by then waits like others. */
const SPF_MS = 4_000;
/** Who has passed is not looked up again for so long. */
const PASSED_MS = 10 * 60_000;
const PASSED_MAX = 50_000;

export interface GreylistedMail {
  readonly ip: string;
  readonly helo: string | null;
  /** "" is the null path */
  readonly mailFrom: string;
  readonly recipients: readonly { readonly tenantId: TenantId; readonly address: string }[];
}

const keyOf = (...parts: readonly string[]): Uint8Array =>
  createHash("sha256").update(parts.join("\0").toLowerCase()).digest().subarray(0, 16);

const waits = (seconds: number): Reply =>
  reply(
    450,
    "4.7.1",
    `Greylisted: nobody here knows this sender yet. Please try again in ${seconds} seconds`,
  );

/** Asks senders that nobody knows to come again (RFC 6647), where an agency wants that. Its state is in PostgreSQL, so that it does not
 * matter which process they come to; who has passed a moment ago is remembered here. */
export class Greylist {
  readonly #outbound: Outbound;
  readonly #resolver: Resolver;
  readonly #hostname: string;
  readonly #metrics: GateMetrics;
  readonly #passed = new Map<string, number>();

  constructor(deps: { outbound: Outbound; resolver: Resolver; hostname: string; metrics: GateMetrics }) {
    this.#outbound = deps.outbound;
    this.#resolver = deps.resolver;
    this.#hostname = deps.hostname;
    this.#metrics = deps.metrics;
  }

  /** One round trip for each tenant that is concerned; none where the sender is known already.
   * @returns what to say, by the index of the recipient; who is not in it passes
   * @throws {MailError} unavailable */
  async check(mail: GreylistedMail): Promise<ReadonlyMap<number, Reply>> {
    const { policies } = this.#outbound.tenancy;
    const answers = new Map<number, Reply>();
    const unknown = mail.recipients.flatMap(({ tenantId, address }, i) =>
      this.#hasPassed(tenantId, mail, address) ? [] : [{ tenantId, address, i }],
    );
    let isVouchedFor: boolean | undefined;
    for (const [tenantId, asked] of Map.groupBy(unknown, (one) => one.tenantId)) {
      if (!(await policies.of(tenantId)).greylisting) continue;
      isVouchedFor ??= await this.#isVouchedFor(mail);
      if (isVouchedFor) {
        this.#count("vouched", asked.length);
        continue;
      }
      const network = networkOf(mail.ip);
      const answer = await greylist(this.#outbound.store.db, tenantId, {
        network,
        senders: mail.mailFrom === "" ? [] : [...new Set([mail.mailFrom, mail.mailFrom.toLowerCase()])],
        keys: asked.map(({ address }) => keyOf(network, mail.mailFrom, address)),
        now: this.#outbound.store.clock(),
      });
      for (const [n, { address, i }] of asked.entries()) {
        const seconds = answer.waits.get(n);
        if (seconds === undefined) this.#keep(tenantId, mail, address);
        else answers.set(i, waits(seconds));
      }
      this.#count("waits", answer.waits.size);
      this.#count(answer.known ? "known" : "passed", asked.length - answer.waits.size);
    }
    return answers;
  }

  /** The domain of the sender says by SPF that this client sends for it (RFC 7208): it is a real mail server. */
  async #isVouchedFor({ ip, helo, mailFrom }: GreylistedMail): Promise<boolean> {
    const asking = { isOver: false };
    try {
      const { status } = await spf({
        ip,
        sender: mailFrom,
        helo: helo ?? "",
        mta: this.#hostname,
        resolver: mailauthDns(this.#resolver, asking),
        maxElapsedTime: SPF_MS,
      });
      return status.result === "pass";
    } catch {
      return false;
    } finally {
      asking.isOver = true;
    }
  }

  #hasPassed(tenantId: TenantId, { ip, mailFrom }: GreylistedMail, address: string): boolean {
    const until = this.#passed.get(passKey(tenantId, ip, mailFrom, address));
    return until !== undefined && until > this.#outbound.store.clock();
  }

  #keep(tenantId: TenantId, { ip, mailFrom }: GreylistedMail, address: string): void {
    if (this.#passed.size >= PASSED_MAX) this.#passed.clear();
    this.#passed.set(passKey(tenantId, ip, mailFrom, address), this.#outbound.store.clock() + PASSED_MS);
  }

  #count(outcome: "waits" | "passed" | "known" | "vouched", count: number): void {
    if (count > 0) this.#metrics.greylisted.inc({ outcome }, count);
  }
}

const passKey = (tenantId: TenantId, ip: string, mailFrom: string, address: string): string =>
  Buffer.from(keyOf(tenantId, networkOf(ip), mailFrom, address)).toString("base64");
