import { parseBdat, type Reply, reply } from "../../src/protocol/smtp/index.ts";
import { Spool } from "../inbound/spool.ts";
import { ConnectionClosed } from "../listen/connection.ts";
import type { CommandLines } from "./command-lines.ts";
import { type NoContent, receiveChunk, receiveContent } from "./receive-content.ts";
import { REPLIES, tooLarge } from "./replies.ts";
import type { SmtpServer } from "./smtp-deps.ts";
import type { Transaction } from "./smtp-policy.ts";

/** What came of it: an answer, after which the transaction is over or goes on; or the end of the session. */
export type Intake =
  | { readonly kind: "over" | "goes_on" | "not_now"; readonly answer: Reply }
  /** 421, or the answer if there is one, and away. */
  | { readonly kind: "leave"; readonly enhanced: string; readonly text: string; readonly answer?: Reply };

/** What a session does with a message, and before one. */
export interface IntakeSteps {
  /** A client from this machine, which is not looked at as closely. */
  readonly isTrusted: boolean;
  /** Who takes the message asks what parts it has. */
  readonly isIndexed: boolean;
  /** @returns why it is not to be sent at all, or null */
  mayBegin(transaction: Transaction): Promise<Reply | null>;
  /** @returns the answer to the message */
  take(transaction: Transaction, spool: Spool): Promise<Reply>;
}

const UNKNOWN_LENGTH = reply(501, "5.5.4", "Say BDAT, how many octets, and LAST with the last of them");

const over = (answer: Reply): Intake => ({ kind: "over", answer });

/** Receives the content of messages, in one piece (DATA) or in chunks (BDAT, RFC 3030). One for each session. */
export class MessageIntake implements AsyncDisposable {
  readonly #server: SmtpServer;
  readonly #lines: CommandLines;
  readonly #steps: IntakeSteps;
  /** The chunks that have come. */
  #chunks: Spool | null = null;

  constructor(server: SmtpServer, lines: CommandLines, steps: IntakeSteps) {
    this.#server = server;
    this.#lines = lines;
    this.#steps = steps;
  }

  /** BDAT has been said, and no LAST yet: only more of it makes sense (RFC 3030 §2). */
  get isChunked(): boolean {
    return this.#chunks !== null;
  }

  /** Reads a message up to its final dot, after 354 was said. */
  async data(transaction: Transaction): Promise<Intake> {
    await using spool = this.#newSpool();
    const received = await receiveContent(this.#lines, spool, this.#server.settings);
    if (received === "smuggled" && !this.#steps.isTrusted) return over(REPLIES.smuggled);
    if (received !== "message" && received !== "smuggled") return leave(received);
    return over(await this.#steps.take(transaction, spool));
  }

  /** Reads one chunk. Its octets follow in any case, so they are read whatever the answer is (RFC 3030 §2).
   * @param transaction null: none has begun */
  async bdat(args: string, transaction: Transaction | null, refusal: Reply | null): Promise<Intake> {
    const chunk = parseBdat(args);
    // Where this chunk ends is unknown: what follows must not be read as commands.
    if (chunk === null) return { ...leave("too_much"), answer: UNKNOWN_LENGTH };
    let denied = refusal;
    if (transaction !== null && denied === null && this.#chunks === null) {
      denied = await this.#steps.mayBegin(transaction);
      if (denied === null) this.#chunks = this.#newSpool();
    }
    const spool = denied === null ? this.#chunks : null;
    const received = await receiveChunk(this.#lines, spool, chunk.octets, this.#server.settings);
    if (received !== "chunk") return leave(received);
    if (denied !== null) return { kind: refusal === null ? "over" : "not_now", answer: denied };
    if (transaction === null || spool === null) return { kind: "not_now", answer: REPLIES.needMail };
    if (chunk.isLast) return over(await this.#steps.take(transaction, spool));
    if (spool.isTooLarge) return over(tooLarge(this.#server.settings.maxMessageBytes));
    if (spool.failure !== undefined) return over(await this.#steps.take(transaction, spool));
    return { kind: "goes_on", answer: reply(250, "2.0.0", `${chunk.octets} octets received`) };
  }

  /** Forgets the chunks of a message that is not coming. */
  async reset(): Promise<void> {
    const chunks = this.#chunks;
    this.#chunks = null;
    await chunks?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reset();
  }

  #newSpool(): Spool {
    const { spoolDir, settings } = this.#server;
    return new Spool(spoolDir, settings.maxMessageBytes, this.#steps.isIndexed);
  }
}

/** @throws {ConnectionClosed} the client has gone */
function leave(why: NoContent): Extract<Intake, { kind: "leave" }> {
  if (why === "end") throw new ConnectionClosed();
  return why === "timeout"
    ? { kind: "leave", enhanced: "4.4.2", text: "The rest of the message did not come in time" }
    : { kind: "leave", enhanced: "4.3.4", text: "The message does not end" };
}
