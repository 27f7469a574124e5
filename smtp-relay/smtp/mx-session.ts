import { reverseName } from "../../src/dns/index.ts";
import { findRecipients } from "../../src/tenants/index.ts";
import { acceptMessage } from "../inbound/accept-message.ts";
import { decideRecipient } from "../inbound/decide-recipient.ts";
import type { SmtpSession } from "./session.ts";
import type { SmtpPolicy } from "./smtp-policy.ts";

/** How long a message waits for the name of its sender's address; the look-up began with the connection. */
const REVERSE_NAME_MS = 1_500;

/** Takes mail from other servers for the people here, and for nobody else. One for each session. */
export function mxPolicy(session: SmtpSession): SmtpPolicy {
  const { outbound, resolver } = session.server;
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
      return acceptMessage(session.server, transaction, spool, {
        ip,
        helo: session.helo,
        reverseName: await soon(name),
        protocol: session.protocol(transaction.options.smtpUtf8),
        isLoopback,
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
