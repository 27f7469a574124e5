import type { HistoryEvent } from "../../src/history/index.ts";
import type { DeliverOptions, PreparedMessage } from "../../src/mailstore/index.ts";
import type { Filing, Outbound } from "../../src/outbound/index.ts";
import { headerText, parseHeaders, parseMessageIds } from "../../src/protocol/header/index.ts";
import type { Reply } from "../../src/protocol/smtp/index.ts";
import type { InboundMessage, InboundRecipient } from "./inbound-message.ts";
import type { Reason } from "./verdict.ts";

/** One event for each recipient, told when the first of its mailboxes has the message: a group of thousands is one line. */
export function historyOf(
  filings: readonly Filing<InboundRecipient>[],
  { traceId, mailFrom, clientIp }: InboundMessage,
  prepared: PreparedMessage | null,
  at: number,
  kind: HistoryEvent["kind"],
  detail: NonNullable<HistoryEvent["detail"]>,
): NonNullable<DeliverOptions["history"]> {
  if (prepared === null) return [];
  const opening = {
    direction: "in" as const,
    sender: mailFrom,
    messageId: prepared.structure.ids?.[0] ?? null,
    size: prepared.blob.size,
    clientIp,
  };
  return filings.flatMap(({ recipient: { address }, mailboxes: [first] }) => {
    if (first === undefined) return [];
    return [
      { accountId: first.accountId, event: { traceId, at, kind, recipient: address, opening, detail } },
    ];
  });
}

export function messageIdOf(start: Uint8Array): string | null {
  const id = parseHeaders(start).find((one) => one.name.toLowerCase() === "message-id");
  if (id === undefined) return null;
  return parseMessageIds(headerText(start, id.valueStart, id.valueEnd, 2_000))[0] ?? null;
}

/** What the history of a message that was not taken for a recipient begins with. */
export function refusedEvent(
  { store }: Outbound,
  {
    traceId,
    clientIp,
    mailFrom,
    content,
    start,
  }: Pick<InboundMessage, "traceId" | "clientIp" | "mailFrom" | "content" | "start">,
  recipient: string,
  answer: Reply,
  reasons: readonly Reason[] = [],
): HistoryEvent {
  const messageId = messageIdOf(start);
  return {
    traceId,
    at: store.clock(),
    kind: answer.code < 500 ? "deferred" : "refused",
    recipient,
    opening: {
      direction: "in",
      sender: mailFrom,
      messageId,
      // before DATA nothing is known of it
      size: content.size === 0 ? null : content.size,
      clientIp,
    },
    detail: { reply: printReply(answer), reasons: [...reasons] },
  };
}

export const printReply = ({ code, enhanced, lines }: Reply): string =>
  [String(code), enhanced, ...lines].filter((part) => part !== null && part !== "").join(" ");
