import { traceIdOf } from "../../src/history/index.ts";
import { MailError } from "../../src/kernel/error.ts";
import { findSenderFault, submit } from "../../src/outbound/index.ts";
import { HOLD_SECONDS_MAX, printReceived, type Reply, reply } from "../../src/protocol/smtp/index.ts";
import { findRecipients, listSenderAddresses } from "../../src/tenants/index.ts";
import { START_OCTETS } from "../inbound/spool.ts";
import { countReceived, RECEIVED_MAX } from "../inbound/count-received.ts";
import { refuseRecipient } from "../inbound/decide-recipient.ts";
import { submissionMechanismsOf } from "../sign-in/mechanisms.ts";
import { mayAuthenticate, newAuthenticator } from "./authenticate.ts";
import { REPLIES } from "./replies.ts";
import type { SmtpSession } from "./session.ts";
import type { SmtpPolicy } from "./smtp-policy.ts";

/** Names what is wrong, in words for the person who reads it in a mail program. */
function notOwned({ where, address }: { readonly where: unknown; readonly address: unknown }): Reply {
  if (typeof address !== "string") return reply(550, "5.7.1", "The message has no From address");
  return reply(550, "5.7.1", `${String(where)}: <${address}> is not one of your addresses`);
}

/** The other limit of FUTURERELEASE (RFC 4865 §3), in whole seconds. */
const latestHold = (now: number): string =>
  `${new Date(now + HOLD_SECONDS_MAX * 1000).toISOString().slice(0, 19)}Z`;

/** Takes mail from the people here (RFC 6409), for everybody. One for each session. */
export function submissionPolicy(session: SmtpSession): SmtpPolicy {
  const { outbound, settings } = session.server;
  const { tenancy, store } = outbound;
  const authenticate = newAuthenticator(session);
  /** since the last message */
  let unknownRecipients = 0;
  return {
    service: "submission",
    extensions: () => [
      ...(mayAuthenticate(session) ? [`AUTH ${submissionMechanismsOf(session.connection).join(" ")}`] : []),
      "DSN",
      `FUTURERELEASE ${HOLD_SECONDS_MAX} ${latestHold(store.clock())}`,
    ],
    command: async (verb, args) => (verb === "AUTH" ? authenticate(args) : undefined),

    greet: () => Promise.resolve(null),
    begin: () => Promise.resolve(null),

    async mail(from) {
      const { principal } = session;
      if (principal === null)
        return mayAuthenticate(session) ? REPLIES.authenticateFirst : REPLIES.notEncrypted;
      const owned = await store.db.tenant(principal.tenantId, (tx) =>
        listSenderAddresses(tx, principal.accountId),
      );
      const fault = findSenderFault(new Set(owned.map((one) => one.address)), from.address, null);
      return fault === null ? null : notOwned(fault);
    },

    async route({ from }, recipients) {
      const addresses = recipients.map(({ path }) =>
        path.domain === null ? `postmaster@${tenancy.hostedDomain}` : path.address,
      );
      const found = await findRecipients(tenancy, addresses, from.address);
      return addresses.map((address) => {
        const to = found.get(address) ?? { kind: "elsewhere" };
        if (to.kind === "unknown_user") unknownRecipients += 1;
        return to.kind === "elsewhere" ? to : (refuseRecipient(to) ?? to);
      });
    },

    async accept(transaction, spool) {
      const { principal } = session;
      if (principal === null) return REPLIES.authenticateFirst;
      const { from, options, recipients } = transaction;
      if (countReceived(await spool.head(START_OCTETS)) > RECEIVED_MAX) return REPLIES.loop;
      const received = printReceived({
        from: null, // where somebody works from is nobody's business
        byHost: settings.hostname,
        protocol: session.protocol(options.smtpUtf8),
        id: transaction.id,
        forAddress: null,
        at: store.clock(),
      });
      try {
        const { held } = await submit(outbound, principal, {
          client: {
            ip: session.connection.remoteAddress.replace(/^::ffff:/, ""),
            isLimited: !session.isTrusted,
            unknownRecipients,
          },
          traceId: traceIdOf(transaction.id),
          content: spool.source(),
          envelope: {
            mailFrom: from.address,
            rcptTo: recipients.map(({ path, options: { notify, orcpt } }) => ({
              address: path.domain === null ? `postmaster@${tenancy.hostedDomain}` : path.address,
              notify,
              orcpt,
            })),
            smtpUtf8: options.smtpUtf8,
            requireTls: options.requireTls,
            ret: options.ret,
            envid: options.envid,
          },
          received,
          removeBcc: false,
          ...(options.holdUntil === null ? {} : { sendAt: options.holdUntil }),
        });
        unknownRecipients = 0;
        if (held !== null)
          return reply(250, "2.0.0", "Ok: the message is kept, and waits for your administrator");
      } catch (error) {
        if (!(error instanceof MailError)) throw error;
        if (error.code === "sender_not_owned")
          return notOwned({ where: error.detail["where"], address: error.detail["address"] });
        // The client's next attempt may be right after the window: what it hears names the limit and its end.
        if (error.code === "sending_limit") return reply(450, "4.7.1", String(error.detail["text"]));
        throw error;
      }
      return reply(250, "2.0.0", "Ok: the message is on its way");
    },
  };
}
