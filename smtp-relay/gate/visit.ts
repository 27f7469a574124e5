import { reverseName } from "../../src/dns/index.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { type Reply, reply, type SmtpPath } from "../../src/protocol/smtp/index.ts";
import type { Connection } from "../listen/connection.ts";
import { checkHelo } from "./check-helo.ts";
import type { ClientFacts } from "./client-facts.ts";
import type { Listing } from "./dns-lists.ts";
import type { Gate, GateReason } from "./gate.ts";

/** How long a client waits for what DNS says about it before it is greeted. */
const GREETING_DNS_MS = 1_000;
/** How long a message waits for the name of its sender's address; the look-up began with the connection. */
const REVERSE_NAME_MS = 1_500;
const NULL_MX_MS = 2_000;

const EARLY = reply(554, "5.5.1", "Wait for the greeting before you say anything");
const NOT_US = reply(550, "5.7.1", "You say that you are this server, and you are not");
const NULL_MX = reply(550, "5.7.27", "The sender's domain takes no mail (null MX), so it can send none");
const MESSAGES = reply(451, "4.7.1", "Too many messages from your address; please come back in a minute");
const RECIPIENTS = reply(450, "4.7.1", "Too many recipients from your address; please come back in an hour");
const HARVESTING = reply(450, "4.7.1", "Too many recipients that do not exist; please come back in an hour");

/** Who must be reached by those who are blocked by mistake (RFC 5321 §4.5.1, RFC 2142 §4). */
const isRole = ({ address }: SmtpPath): boolean => /^(?:postmaster|abuse)(?:@|$)/i.test(address);

/** What the look-up says about a recipient, as far as it matters here. */
export interface Looked {
  readonly path: SmtpPath;
  /** Whose it is; null: it is refused. */
  readonly tenantId: TenantId | null;
  /** There is no such mailbox here, or no such domain. */
  readonly isInvalid: boolean;
}

interface Envelope {
  readonly from: SmtpPath;
  readonly helo: string | null;
}

/** One connection of a client to the MX, from before the greeting on. What DNS has to say is asked at once and awaited
 * only where it is needed. Clients on this machine are not looked at. */
export class Visit {
  readonly #gate: Gate;
  readonly #connection: Connection;
  /** on this machine: no limits, no checks */
  readonly #isTrusted: boolean;
  readonly #isExempt: boolean;
  /** undefined: DNS does not say */
  readonly #name: Promise<string | null | undefined>;
  readonly #listing: Promise<Listing | null>;
  #isAllowListed = false;
  #hasNullMx: Promise<boolean> = Promise.resolve(false);

  constructor(gate: Gate, connection: Connection, isTrusted: boolean) {
    this.#gate = gate;
    this.#connection = connection;
    this.#isTrusted = isTrusted;
    const ip = connection.remoteAddress;
    this.#isExempt = gate.exempt.has(ip);
    this.#name = connection.isLoopback ? Promise.resolve("localhost") : reverseName(gate.resolver, ip);
    this.#listing = isTrusted || this.#isExempt ? Promise.resolve(null) : this.#askLists(ip);
  }

  async #askLists(ip: string): Promise<Listing | null> {
    const { lists, settings } = this.#gate;
    const [allowed, listed] = await Promise.all([
      lists.find(settings.allowLists, ip),
      lists.find(settings.blockLists, ip),
    ]);
    this.#isAllowListed = allowed !== null;
    return allowed === null ? listed : null;
  }

  get #isFree(): boolean {
    return this.#isTrusted || this.#isExempt;
  }

  #refuse<T extends Reply>(reason: GateReason, answer: T, count = 1): T {
    this.#gate.refused("mx", this.#connection.remoteAddress, reason, count);
    return answer;
  }

  /** Lets suspicious clients wait for the greeting: mail servers wait for it, and what only wants to get rid of spam does not.
   * @returns why the client is sent away, or null */
  async greet(): Promise<Reply | null> {
    const { greetingDelayMs } = this.#gate.settings;
    if (this.#isFree || greetingDelayMs === 0) return null;
    const known = Promise.all([this.#name, this.#listing]);
    const facts = await within(Math.min(GREETING_DNS_MS, greetingDelayMs), known, null);
    // DNS that says nothing is no reason to suspect anybody.
    const isSuspicious = facts !== null && (facts[1] !== null || (facts[0] === null && !this.#isAllowListed));
    const isEarly =
      this.#connection.hasInput ||
      (isSuspicious && (await this.#connection.waitForInput(greetingDelayMs)) === "input");
    return isEarly ? this.#refuse("early_talker", EARLY) : null;
  }

  /** @returns why no message is taken from this client now, or null */
  mail(from: SmtpPath): Reply | null {
    if (this.#isFree) return null;
    if (!this.#gate.rates.message(this.#connection.remoteAddress))
      return this.#refuse("message_rate", MESSAGES);
    const { domain } = from;
    this.#hasNullMx =
      domain === null || domain.startsWith("[") ? Promise.resolve(false) : this.#asksForNoMail(domain);
    return null;
  }

  /** RFC 7505 §4.2: such a sender could never be answered. */
  async #asksForNoMail(domain: string): Promise<boolean> {
    const hosts = await within(
      NULL_MX_MS,
      this.#gate.resolver.mx(domain).catch(() => []),
      [],
    );
    const [only, second] = hosts;
    return only !== undefined && second === undefined && /^\.?$/.test(only.exchange);
  }

  /** Before recipients are looked up. @returns for each why it is refused, or null */
  async recipients({ helo }: Envelope, paths: readonly SmtpPath[]): Promise<readonly (Reply | null)[]> {
    const none = paths.map(() => null);
    if (this.#isFree) return none;
    const { rates } = this.#gate;
    const ip = this.#connection.remoteAddress;
    if (!rates.recipients(ip, paths.length)) {
      this.#refuse("recipient_rate", RECIPIENTS, paths.length);
      return paths.map(() => RECIPIENTS);
    }
    const refusal = await this.#refusal(helo);
    const refused = paths.filter((path) => !isRole(path)).length;
    if (refusal === null || refused === 0) return none;
    this.#refuse(refusal.reason, refusal.answer, refused);
    return paths.map((path) => (isRole(path) ? null : refusal.answer));
  }

  /** Why this client may write to nobody but the postmaster, or null. */
  async #refusal(
    helo: string | null,
  ): Promise<{ readonly reason: GateReason; readonly answer: Reply } | null> {
    const listing = await this.#listing;
    if (listing !== null) return { reason: "block_list", answer: blocked(listing, this.#connection) };
    if (this.#heloFindings(helo).includes("helo_is_us")) return { reason: "helo", answer: NOT_US };
    if (await this.#hasNullMx) return { reason: "null_mx", answer: NULL_MX };
    if (this.#gate.rates.isHarvesting(this.#connection.remoteAddress))
      return { reason: "harvesting", answer: HARVESTING };
    return null;
  }

  #heloFindings(helo: string | null): ClientFacts["helo"] {
    const { remoteAddress, localAddress } = this.#connection;
    return helo === null
      ? []
      : checkHelo(helo, remoteAddress, { hostname: this.#gate.hostname, localAddress });
  }

  /** After recipients were looked up. @returns for each why it has to wait, or null @throws {MailError} unavailable */
  async looked(envelope: Envelope, looked: readonly Looked[]): Promise<readonly (Reply | null)[]> {
    if (this.#isFree) return looked.map(() => null);
    const invalid = looked.filter((one) => one.isInvalid).length;
    if (invalid > 0) this.#gate.rates.invalid(this.#connection.remoteAddress, invalid);
    // Who verifies a sender's address by the null path (RFC 5321 §6.2) gets the truth; mail from there waits before its content.
    if (envelope.from.address === "") return looked.map(() => null);
    return this.#greylist(envelope, looked);
  }

  /** Before the content of a message. @returns why it has to wait, or null @throws {MailError} unavailable */
  async begin(envelope: Envelope, looked: readonly Looked[]): Promise<Reply | null> {
    if (this.#isFree || envelope.from.address !== "") return null;
    const waits = await this.#greylist(envelope, looked);
    // One recipient that knows the sender is enough: the answer is for all of them.
    return waits.every((one) => one !== null) ? (waits[0] ?? null) : null;
  }

  async #greylist({ from, helo }: Envelope, looked: readonly Looked[]): Promise<readonly (Reply | null)[]> {
    await this.#listing;
    if (this.#isAllowListed) return looked.map(() => null);
    const asked = looked.flatMap(({ path, tenantId }, i) =>
      tenantId === null || isRole(path) ? [] : [{ tenantId, address: path.address, i }],
    );
    if (asked.length === 0) return looked.map(() => null);
    const answers = await this.#gate.greylist.check({
      ip: this.#connection.remoteAddress,
      helo,
      mailFrom: from.address,
      recipients: asked,
    });
    const waits = looked.map((): Reply | null => null);
    for (const [n, answer] of answers) {
      const i = asked[n]?.i;
      if (i !== undefined) waits[i] = answer;
    }
    if (answers.size > 0)
      this.#gate.refused("mx", this.#connection.remoteAddress, "greylisted", answers.size);
    return waits;
  }

  async facts(helo: string | null): Promise<ClientFacts> {
    const name = await within(REVERSE_NAME_MS, this.#name, undefined);
    const listing = await this.#listing;
    return {
      reverseName: name ?? null,
      isNameless: name === null && !this.#isTrusted,
      helo: this.#isTrusted ? [] : this.#heloFindings(helo),
      listing,
      isKnownGood: this.#isExempt || this.#isAllowListed,
    };
  }
}

function blocked({ zone, text }: Listing, { remoteAddress }: Connection): Reply {
  const why = text === null ? "" : `: ${text}`;
  return reply(
    550,
    "5.7.1",
    `Your address ${remoteAddress} is on the block list ${zone}${why}; write to postmaster here if that is wrong`,
  );
}

/** The value if it is there in time. */
async function within<T, U>(ms: number, value: Promise<T>, otherwise: U): Promise<T | U> {
  const late = Promise.withResolvers<U>();
  const timer = setTimeout(late.resolve, ms, otherwise);
  try {
    return await Promise.race([value, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
