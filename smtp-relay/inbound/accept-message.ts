import { traceIdOf } from "../../src/history/index.ts";
import { printReceived, type Reply } from "../../src/protocol/smtp/index.ts";
import type { Recipient } from "../../src/tenants/index.ts";
import { REPLIES } from "../smtp/replies.ts";
import type { SmtpServer } from "../smtp/smtp-deps.ts";
import type { AcceptedRecipient, Transaction } from "../smtp/smtp-policy.ts";
import { countReceived, RECEIVED_MAX } from "./count-received.ts";
import { fileMessage } from "./file-message.ts";
import type { Spool } from "./spool.ts";

/** So much of a message is looked at for its header. */
export const START_OCTETS = 262_144;

/** Who hands a message over. */
export interface Client {
  readonly ip: string;
  readonly helo: string | null;
  /** forward-confirmed */
  readonly reverseName: string | null;
  /** as it goes into Received: `ESMTPS` */
  readonly protocol: string;
  readonly isLoopback: boolean;
}

const isLocal = (
  one: AcceptedRecipient,
): one is AcceptedRecipient & { readonly to: Extract<Recipient, { kind: "local" }> } =>
  one.to.kind === "local";

/** Takes over a message from outside: checks, decides, files. A 250 says that it is durable. */
export async function acceptMessage(
  { outbound, settings }: SmtpServer,
  transaction: Transaction,
  spool: Spool,
  client: Client,
): Promise<Reply> {
  const start = await spool.head(START_OCTETS);
  if (countReceived(start) > RECEIVED_MAX) return REPLIES.loop;
  const [only, second] = transaction.recipients;
  const received = printReceived({
    from: { helo: client.helo, reverseName: client.reverseName, ip: client.ip },
    byHost: settings.hostname,
    protocol: client.protocol,
    id: transaction.id,
    forAddress: second === undefined ? (only?.path.address ?? null) : null,
    at: outbound.store.clock(),
  });
  return fileMessage(outbound, {
    traceId: traceIdOf(transaction.id),
    clientIp: client.ip,
    mailFrom: transaction.from.address,
    envid: transaction.options.envid,
    recipients: transaction.recipients.filter(isLocal).map(({ path, options, to }) => ({
      address: path.address,
      orcpt: options.orcpt,
      isSilent: options.notify?.includes("NEVER") ?? false,
      to,
    })),
    verdicts: new Map(),
    trace: received,
    content: spool.source(),
    start,
  });
}
