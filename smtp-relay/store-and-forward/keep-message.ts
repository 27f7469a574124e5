import type { Log } from "../../src/kernel/ports.ts";
import { type Reply, reply } from "../../src/protocol/smtp/index.ts";
import type { Outbound } from "../../src/outbound/index.ts";
import type { InboundMessage } from "../inbound/inbound-message.ts";
import { REPLIES } from "../smtp/replies.ts";
import { SpoolFull } from "./message-spool.ts";
import type { StoreAndForward } from "./store-and-forward.ts";

/** Takes a message over while the database is away: a 250 says that it is on the disk here, and will be filed. */
export async function keepMessage(
  { spool }: StoreAndForward,
  { log, outbound }: { readonly log: Log; readonly outbound: Outbound },
  message: InboundMessage,
): Promise<Reply> {
  const { traceId, clientIp, mailFrom, envid, ret, requireTls, isProven } = message;
  const { recipients, verdicts, trace, content } = message;
  try {
    const id = await spool.store(
      {
        traceId,
        clientIp,
        mailFrom,
        envid,
        ret,
        requireTls,
        isProven,
        trace,
        receivedAt: outbound.store.clock(),
        recipients: recipients.map(({ address, orcpt, notify, to: { tenantId } }) => ({
          address,
          orcpt,
          notify: notify === null ? null : [...notify],
          tenantId,
        })),
        verdicts: [...verdicts].map(([tenantId, { kind, reasons }]) => ({
          tenantId,
          kind,
          reasons: [...reasons],
        })),
      },
      content,
    );
    log.info("message_spooled", { id, size: content.size, recipients: recipients.length });
    return reply(
      250,
      "2.0.0",
      "Ok: the message is kept, and goes on as soon as the mailboxes can be reached",
    );
  } catch (error) {
    if (!(error instanceof SpoolFull)) throw error;
    log.error("spool_failed", { error: error.cause ?? error });
    return REPLIES.storageFull;
  }
}
