import { MailError } from "../../src/kernel/error.ts";
import type { Recipient } from "../../src/tenants/index.ts";
import { type Looked, Visit } from "../gate/visit.ts";
import { acceptMessage } from "../inbound/accept-message.ts";
import { decideRecipient } from "../inbound/decide-recipient.ts";
import { recordRefusals } from "../inbound/record-refusals.ts";
import { findOrRecall } from "../store-and-forward/recall-recipients.ts";
import { REPLIES } from "./replies.ts";
import type { SmtpSession } from "./session.ts";
import type { AcceptedRecipient, SmtpPolicy, Transaction } from "./smtp-policy.ts";

const NOTHING = new Uint8Array();
const UNKNOWN: Recipient = { kind: "unknown_user" };
const isInvalid = (to: Recipient): boolean => to.kind === "unknown_user" || to.kind === "elsewhere";

/** What the gate wants to know of a recipient that is taken. */
const lookedOf = ({ path, to }: Pick<AcceptedRecipient, "path" | "to">): Looked => ({
  path,
  tenantId: "tenantId" in to ? to.tenantId : null,
  isInvalid: isInvalid(to),
});

/** Takes mail from other servers for the people here, and for nobody else. One for each session. */
export function mxPolicy(session: SmtpSession): SmtpPolicy {
  const { outbound, gate, keeping } = session.server;
  const { tenancy } = outbound;
  const { isLoopback, remoteAddress: ip } = session.connection;
  const visit = new Visit(gate, session.connection, session.isTrusted);
  /** Messages whose recipients are known from memory: the database is away. */
  const recalled = new WeakSet<Transaction>();
  return {
    service: "mx",
    extensions: () => ["DSN"],
    command: () => Promise.resolve(undefined),
    greet: () => visit.greet(),
    mail: (from) => Promise.resolve(visit.mail(from)),

    async route(transaction, recipients) {
      const { from, options } = transaction;
      const envelope = { from, helo: session.helo };
      const refusals = await visit.recipients(
        envelope,
        recipients.map((one) => one.path),
      );
      // The postmaster of this server is that of the domain which everybody here shares (RFC 5321 §4.5.1).
      const addresses = recipients.map(({ path }) =>
        path.domain === null ? `postmaster@${tenancy.hostedDomain}` : path.address,
      );
      const unknown = new Set(session.isTrusted ? [] : addresses.filter((one) => gate.unknown.has(one)));
      const asked = addresses.filter((one, i) => refusals[i] === null && !unknown.has(one));
      const { found, isRecalled } = await findOrRecall(tenancy, keeping, asked, from.address);
      if (isRecalled) recalled.add(transaction);
      const looked = recipients.map(({ path }, i) => {
        const address = addresses[i] ?? "";
        const to: Recipient = found.get(address) ?? (unknown.has(address) ? UNKNOWN : { kind: "elsewhere" });
        // Only what was just looked up: else who asks all the time would keep somebody new unknown.
        if (found.get(address)?.kind === "unknown_user") gate.unknown.add(address);
        const refusal =
          refusals[i] ??
          (isRecalled && to.kind === "elsewhere" ? REPLIES.unavailable : decideRecipient(to, options.size));
        return { to, refusal, ...lookedOf({ path, to }) };
      });
      const waits = await visit.looked(
        envelope,
        looked.map((one, i) => ({
          path: one.path,
          // Who has come before is in the database: without it nobody is asked to come again.
          tenantId: one.refusal === null && !isRecalled ? one.tenantId : null,
          isInvalid: refusals[i] === null && one.isInvalid && !isRecalled,
        })),
      );
      // Why mail for somebody who is here is late or does not come; what is for nobody is only counted.
      const refused = looked.flatMap(({ path, tenantId, isInvalid: isNobody, refusal }, i) => {
        const answer = refusal ?? waits[i] ?? null;
        if (answer === null || tenantId === null || isNobody || isRecalled) return [];
        return [{ tenantId, address: path.address, reply: answer }];
      });
      const untaken = { id: transaction.id, mailFrom: from.address, clientIp: ip, start: NOTHING, size: 0 };
      await recordRefusals(session.server, untaken, refused);
      return looked.map(({ to, refusal }, i) => refusal ?? waits[i] ?? to);
    },

    begin: async (transaction) => {
      if (recalled.has(transaction)) return null;
      const { from, recipients } = transaction;
      return visit.begin({ from, helo: session.helo }, recipients.map(lookedOf));
    },

    async accept(transaction, spool) {
      const facts = await visit.facts(session.helo);
      if (facts.helo.length > 0 || facts.listing !== null)
        session.server.log.info("client_marked", {
          id: transaction.id,
          ip,
          helo: facts.helo,
          zone: facts.listing?.zone ?? null,
        });
      const client = {
        ip,
        helo: session.helo,
        reverseName: facts.reverseName,
        facts,
        protocol: session.protocol(transaction.options.smtpUtf8),
        isLoopback,
      };
      if (recalled.has(transaction))
        return acceptMessage(session.server, transaction, spool, client, keeping);
      try {
        return await acceptMessage(session.server, transaction, spool, client);
      } catch (error) {
        if (error instanceof MailError && error.code === "unavailable") keeping?.wentAway();
        throw error;
      }
    },
  };
}
