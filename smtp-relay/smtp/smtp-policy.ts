import type { MailOptions, RcptOptions, Reply, SmtpPath } from "../../src/protocol/smtp/index.ts";
import type { Recipient } from "../../src/tenants/index.ts";
import type { Spool } from "../inbound/spool.ts";

export interface AcceptedRecipient {
  readonly path: SmtpPath;
  readonly options: RcptOptions;
  readonly to: Recipient;
}

/** A message that is being handed over. */
export interface Transaction {
  readonly id: string;
  readonly from: SmtpPath;
  readonly options: MailOptions;
  readonly recipients: AcceptedRecipient[];
}

/** What a kind of server decides by itself, for one session. What these throw is told in WIRE's words. */
export interface SmtpPolicy {
  readonly service: "mx" | "submission";
  /** Extra lines of the EHLO reply. */
  extensions(): readonly string[];
  /** Commands of its own (AUTH). @returns undefined: not mine */
  command(verb: string, args: string): Promise<Reply | undefined>;
  /** Before the greeting. @returns why there is no service for this client, or null */
  greet(): Promise<Reply | null>;
  /** @returns why a sender is refused, or null */
  mail(from: SmtpPath): Promise<Reply | null>;
  /** Looks up recipients, all that came in one go at once.
   * @returns for each where it goes, or why it is refused */
  route(
    transaction: Transaction,
    recipients: readonly AskedRecipient[],
  ): Promise<readonly (Recipient | Reply)[]>;
  /** Before the content. @returns why it is not to be sent, or null */
  begin(transaction: Transaction): Promise<Reply | null>;
  /** Takes over a whole message. A 250 says that it is durable. */
  accept(transaction: Transaction, spool: Spool): Promise<Reply>;
}

export type AskedRecipient = Omit<AcceptedRecipient, "to">;
