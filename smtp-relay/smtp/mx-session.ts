import { reverseName } from "../../src/dns/index.ts";
import { printReceived } from "../../src/protocol/smtp/index.ts";
import { findRecipients, type Recipient } from "../../src/tenants/index.ts";
import { countReceived, RECEIVED_MAX } from "../inbound/count-received.ts";
import { decideRecipient } from "../inbound/decide-recipient.ts";
import { fileMessage } from "../inbound/file-message.ts";
import { REPLIES } from "./replies.ts";
import type { SmtpSession } from "./session.ts";
import type { AcceptedRecipient, SmtpPolicy } from "./smtp-policy.ts";

/** So much of a message is looked at for its header. */
export const START_OCTETS = 262_144;
/** How long a message waits for the name of its sender's address; the look-up began with the connection. */
const REVERSE_NAME_MS = 1_500;

const isLocal = (
  one: AcceptedRecipient,
): one is AcceptedRecipient & { readonly to: Extract<Recipient, { kind: "local" }> } =>
  one.to.kind === "local";

/** Takes mail from other servers for the people here, and for nobody else. One for each session. */
export function mxPolicy(session: SmtpSession): SmtpPolicy {
  const { outbound, resolver, settings } = session.server;
  const { tenancy } = outbound;
  const { isLoopback, remoteAddress } = session.connection;
  const ip = remoteAddress.replace(/^::ffff:/, "");
  const name = isLoopback ? Promise.resolve("localhost") : reverseName(resolver, ip);
  return {
    service: "mx",
    extensions: () => [],
    command: () => Promise.resolve(undefined),
    mail: () => Promise.resolve(null),

    async route({ options }, recipients) {
      // The postmaster of this server is that of the domain which everybody here shares (RFC 5321 §4.5.1).
      const addresses = recipients.map(({ path }) =>
        path.domain === null ? `postmaster@${tenancy.hostedDomain}` : path.address,
      );
      const found = await findRecipients(tenancy, addresses);
      return addresses.map((address) => {
        const to = found.get(address) ?? { kind: "elsewhere" };
        return decideRecipient(to, options.size) ?? to;
      });
    },

    async accept(transaction, spool) {
      const start = await spool.head(START_OCTETS);
      if (countReceived(start) > RECEIVED_MAX) return REPLIES.loop;
      const [only, second] = transaction.recipients;
      const received = printReceived({
        from: { helo: session.helo, reverseName: await soon(name), ip },
        byHost: settings.hostname,
        protocol: session.protocol(transaction.options.smtpUtf8),
        id: transaction.id,
        forAddress: second === undefined ? (only?.path.address ?? null) : null,
        at: outbound.store.clock(),
      });
      return fileMessage(outbound, {
        mailFrom: transaction.from.address,
        envid: transaction.options.envid,
        recipients: transaction.recipients.filter(isLocal).map(({ path, options, to }) => ({
          address: path.address,
          orcpt: options.orcpt,
          isSilent: options.notify?.includes("NEVER") ?? false,
          to,
        })),
        received,
        content: spool.source(),
        start,
      });
    },
  };
}

/** The value if it is there, or comes in a moment. */
async function soon(value: Promise<string | null>): Promise<string | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(late.resolve, REVERSE_NAME_MS, null);
  try {
    return await Promise.race([value, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
