import type { ClientFacts } from "../gate/client-facts.ts";
import { traceIdOf } from "../../src/history/index.ts";
import type { MailPolicy } from "../../src/contract/mail-policy.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import { printReceived, type Reply, reply, withoutSuccess } from "../../src/protocol/smtp/index.ts";
import { type Deliverable, isDeliverable, type Tenancy } from "../../src/tenants/index.ts";
import { REPLIES } from "../smtp/replies.ts";
import type { SmtpServer } from "../smtp/smtp-deps.ts";
import type { AcceptedRecipient, Transaction } from "../smtp/smtp-policy.ts";
import { combineVerdicts } from "./combine-verdicts.ts";
import { countDmarc } from "./count-dmarc.ts";
import { countReceived, RECEIVED_MAX } from "./count-received.ts";
import { decide } from "./decide.ts";
import { fileMessage } from "./file-message.ts";
import type { InboundMessage } from "./inbound-message.ts";
import { forgedFields, hasHeaderEnd } from "./forged-fields.ts";
import { printChecks } from "./print-checks.ts";
import { provesSender } from "./proves-sender.ts";
import { recordRefusals, refusalsOf } from "./record-refusals.ts";
import { runChecks } from "./run-checks.ts";
import { keepMessage } from "../store-and-forward/keep-message.ts";
import type { StoreAndForward } from "../store-and-forward/store-and-forward.ts";
import { type Spool, START_OCTETS } from "./spool.ts";
import { takeComplaint } from "./take-complaint.ts";
import type { Verdict } from "./verdict.ts";
import { withoutRanges } from "./without-ranges.ts";

/** Who hands a message over. */
export interface Client {
  readonly ip: string;
  readonly helo: string | null;
  /** forward-confirmed */
  readonly reverseName: string | null;
  /** as it goes into Received: `ESMTPS` */
  readonly protocol: string;
  readonly isLoopback: boolean;
  /** What the gate has found out about it; for the decision, not for the scanners. */
  readonly facts: ClientFacts;
}

const isTaken = (one: AcceptedRecipient): one is AcceptedRecipient & { readonly to: Deliverable } =>
  isDeliverable(one.to);

/** A header that is read in part only could hide what the rest of it says: who sent it, or a forged result. */
const HEADER_TOO_LARGE = reply(
  552,
  "5.3.4",
  `The header of the message is larger than this server takes: at most ${START_OCTETS} octets`,
);

/** Takes over a message from outside: checks, decides, files. A 250 says that it is durable.
 * @param keeping the database is away: the message goes into the spool, and is filed later */
export async function acceptMessage(
  server: SmtpServer,
  transaction: Transaction,
  spool: Spool,
  client: Client,
  keeping?: StoreAndForward,
): Promise<Reply> {
  const { outbound, settings } = server;
  const start = await spool.head(START_OCTETS);
  const mailFrom = transaction.from.address;
  const refuse = async (
    answer: Reply,
    verdicts: ReadonlyMap<TenantId, Verdict> = new Map(),
  ): Promise<Reply> => {
    const untaken = { id: transaction.id, mailFrom, clientIp: client.ip, start, size: spool.size };
    if (keeping === undefined)
      await recordRefusals(server, untaken, refusalsOf(transaction, answer, verdicts));
    return answer;
  };
  if (countReceived(start) > RECEIVED_MAX) return refuse(REPLIES.loop);
  if (spool.size > start.length && !hasHeaderEnd(start)) return refuse(HEADER_TOO_LARGE);
  const content = spool.source();
  const index = await spool.index();
  const [findings, policies] = await Promise.all([
    runChecks(
      { ...server, random: outbound.store.random, hostname: settings.hostname },
      {
        content,
        start,
        parts: { index, read: (from, to) => spool.read(from, to) },
        facts: client.facts,
        envelope: {
          ...client,
          id: transaction.id,
          mailFrom,
          recipients: transaction.recipients.map(({ path }) => path.address),
        },
      },
    ),
    policiesOf(outbound.tenancy, transaction, keeping !== undefined),
  ]);
  const verdicts = new Map(
    policies.map(({ tenantId, policy, isForRole }) => [tenantId, decide(findings, policy, isForRole)]),
  );
  tell(server, transaction.id, verdicts);
  if (server.dmarcCounter !== undefined)
    countDmarc(server.dmarcCounter, client.ip, mailFrom, findings.authentication.authentication, verdicts);
  const combined = combineVerdicts(verdicts);
  if ("reply" in combined) return refuse(combined.reply, verdicts);
  const addresses = transaction.recipients.map(({ path }) => path.address);
  if (keeping === undefined) await takeComplaint(server, addresses, content);
  const [only, second] = transaction.recipients;
  const received = printReceived({
    from: { helo: client.helo, reverseName: client.reverseName, ip: client.ip },
    byHost: settings.hostname,
    protocol: client.protocol,
    id: transaction.id,
    forAddress: second === undefined ? (only?.path.address ?? null) : null,
    at: outbound.store.clock(),
  });
  const isProven = provesSender(findings.authentication.authentication, mailFrom);
  const forged = forgedFields(start, settings.hostname);
  const message: InboundMessage = {
    traceId: traceIdOf(transaction.id),
    clientIp: client.ip,
    mailFrom,
    envid: transaction.options.envid,
    ret: transaction.options.ret,
    requireTls: transaction.options.requireTls,
    recipients: transaction.recipients.filter(isTaken).map(({ path, options, to }) => ({
      address: path.address,
      orcpt: options.orcpt,
      // Deviation: a forged sender would get a notice that it never asked for.
      notify: isProven ? options.notify : withoutSuccess(options.notify),
      to,
    })),
    verdicts: combined.verdicts,
    isProven,
    trace: printChecks(findings, settings.hostname) + received,
    content: withoutRanges(content, forged),
    start,
    asReceived: { index, forged },
  };
  return keeping === undefined ? fileMessage(outbound, message) : keepMessage(keeping, server, message);
}

interface TenantPolicy {
  readonly tenantId: TenantId;
  readonly policy: MailPolicy;
  /** One of the recipients is postmaster or abuse. */
  readonly isForRole: boolean;
}

/** What each tenant of the recipients wants. @throws {MailError} unavailable */
function policiesOf(
  tenancy: Tenancy,
  { recipients }: Transaction,
  isAway: boolean,
): Promise<readonly TenantPolicy[]> {
  const roles = new Map<TenantId, boolean>();
  for (const { path, to } of recipients)
    if ("tenantId" in to) roles.set(to.tenantId, (roles.get(to.tenantId) ?? false) || isRole(path.address));
  return Promise.all(
    [...roles].map(async ([tenantId, isForRole]) => ({
      tenantId,
      isForRole,
      policy: isAway ? tenancy.policies.lastKnown(tenantId) : await tenancy.policies.of(tenantId),
    })),
  );
}

const isRole = (address: string): boolean => /^(?:postmaster|abuse)(?:$|@)/i.test(address);

/** One log line where a message is not simply filed. */
function tell({ log }: SmtpServer, id: string, verdicts: ReadonlyMap<TenantId, Verdict>): void {
  for (const [tenantId, { kind, reasons }] of verdicts)
    if (reasons.length > 0)
      log.info("mail_decided", { id, tenantId, kind, reasons: reasons.map(({ code }) => code) });
}
