import type { Reply } from "../../src/protocol/smtp/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import type { SmtpServer } from "./smtp-deps.ts";
import type { SmtpPolicy, Transaction } from "./smtp-policy.ts";

/** One log line and the counters for a message that came in whole. @param told.ms from its end to the answer */
export function tellMessage(
  { metrics, log }: SmtpServer,
  told: {
    readonly ip: string;
    readonly principal: Principal | null;
    readonly transaction: Transaction;
    readonly service: SmtpPolicy["service"];
    readonly size: number;
    readonly answer: Reply;
    readonly ms: number;
  },
): void {
  const { service, size, answer, ms } = told;
  const { id, recipients } = told.transaction;
  const outcome = answer.code < 400 ? "accepted" : answer.code < 500 ? "deferred" : "refused";
  metrics.messages.inc({ service, outcome });
  metrics.acceptSeconds.observe({ service }, ms / 1000);
  if (outcome === "accepted") metrics.octets.inc({ service }, size);
  const fields = {
    service,
    id,
    size,
    recipients: recipients.length,
    ms: Math.round(ms),
    ip: told.ip,
    ...(told.principal === null ? {} : { accountId: told.principal.accountId }),
  };
  if (outcome === "accepted") log.info("smtp_accepted", fields);
  else log.info("smtp_refused", { ...fields, stage: "DATA", code: answer.code, status: answer.enhanced });
}
