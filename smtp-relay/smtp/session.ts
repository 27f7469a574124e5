import { randomBytes } from "node:crypto";
import { MailError } from "../../src/kernel/error.ts";
import { newUuid, uuidToBase32 } from "../../src/kernel/uuid.ts";
import {
  parseHeloName,
  parseMailFrom,
  printReply,
  protocolOf,
  readMailOptions,
  type Reply,
  reply,
  splitCommand,
} from "../../src/protocol/smtp/index.ts";
import type { Principal, Recipient } from "../../src/tenants/index.ts";
import type { Spool } from "../inbound/spool.ts";
import { type Connection, ConnectionClosed } from "../listen/connection.ts";
import { checkRecipient, takeRecipients } from "./check-recipient.ts";
import { CommandLines } from "./command-lines.ts";
import { helloReply } from "./hello-reply.ts";
import { type Intake, MessageIntake } from "./message-intake.ts";
import { REPLIES, replyFor, tooLarge } from "./replies.ts";
import type { AskedRecipient, SmtpPolicy, Transaction } from "./smtp-policy.ts";
import type { SmtpServer } from "./smtp-deps.ts";
import { tellMessage } from "./tell-message.ts";

/** RFC 5321 §4.5.3.1.8 asks for 100 at least; more are sent in another message (§4.5.3.1.10). */
const RECIPIENTS_MAX = 100;
/** Commands that make no sense before a client is sent away. */
const BAD_COMMANDS_MAX = 20;

const isReply = (value: object): value is Reply => "code" in value;
const isAsked = (value: AskedRecipient | Reply): value is AskedRecipient => !isReply(value);
/** A name for logs and trace headers, and of the message's history (`traceIdOf`). */
const newId = (): string => uuidToBase32(newUuid(Date.now, randomBytes));

/** One client of an SMTP server (RFC 5321), from the greeting to the end. Replies to pipelined commands leave together (RFC 2920). */
export class SmtpSession {
  readonly server: SmtpServer;
  readonly connection: Connection;
  readonly lines: CommandLines;
  readonly #policy: SmtpPolicy;
  readonly #draining: AbortSignal;
  /** What the client calls itself; null before HELO and EHLO. */
  helo: string | null = null;
  extended = false;
  principal: Principal | null = null;
  #transaction: Transaction | null = null;
  #refusedRecipients = 0;
  #badCommands = 0;
  /** What the client has had refused: each one makes it wait longer. */
  #errors = 0;
  /** The client has been told that it may pipeline, or that it may not (HELO). */
  #wasGreeted = false;
  #isOver = false;
  readonly #intake: MessageIntake;

  constructor(
    server: SmtpServer,
    policy: (session: SmtpSession) => SmtpPolicy,
    connection: Connection,
    draining: AbortSignal,
  ) {
    this.server = server;
    this.connection = connection;
    this.#draining = draining;
    this.lines = new CommandLines(connection);
    this.#policy = policy(this);
    this.#intake = new MessageIntake(server, this.lines, {
      isTrusted: this.isTrusted,
      isIndexed: this.#policy.service === "mx",
      mayBegin: (transaction) => this.#mayBegin(transaction),
      take: (transaction, spool) => this.#take(transaction, spool),
    });
  }

  /** A client on this machine, which has no limits unless the operator wants them for a test. */
  get isTrusted(): boolean {
    return this.connection.isLoopback && !this.server.settings.limitLoopback;
  }

  /** How it goes into Received. */
  protocol(utf8: boolean): string {
    return protocolOf({
      extended: this.extended,
      secure: this.connection.isSecure,
      authenticated: this.principal !== null,
      utf8,
    });
  }

  async run(): Promise<void> {
    const { hostname, timeouts } = this.server.settings;
    const wake = (): void => this.connection.interrupt();
    this.#draining.addEventListener("abort", wake);
    try {
      const unwelcome = await this.#policy.greet();
      if (unwelcome !== null) return await this.#sendAway(unwelcome);
      await this.say(reply(220, null, `${hostname} ESMTP Angelia`));
      while (!this.#isOver) {
        if (this.#draining.aborted)
          return await this.#leave("4.3.2", "The server is being stopped; try again shortly");
        if (!this.lines.hasLine) await this.connection.flush();
        const said = await this.lines.next(timeouts.commandMs);
        switch (said.kind) {
          case "line":
            await this.#answer(said.text);
            break;
          case "garbage":
            await this.#bad(reply(500, "5.5.6", "This line is too long, or not UTF-8"));
            break;
          case "woken":
            break;
          case "timeout":
            return await this.#leave("4.4.2", "You have said nothing for too long");
          case "end":
            return;
        }
      }
      await this.connection.flush();
    } finally {
      this.#draining.removeEventListener("abort", wake);
      await this.#intake.reset();
    }
  }

  async say(answer: Reply): Promise<void> {
    await this.connection.write(printReply(answer));
  }

  /** Ends the session: 421 and away. */
  async #leave(enhanced: string, text: string): Promise<void> {
    this.#isOver = true;
    await this.say(reply(421, enhanced, `${this.server.settings.hostname} ${text}`));
    await this.connection.flush();
  }

  async #sendAway(answer: Reply): Promise<void> {
    this.#isOver = true;
    await this.say(answer);
    await this.connection.flush();
  }

  async #bad(answer: Reply): Promise<void> {
    await this.#slowDown();
    await this.say(answer);
    this.#badCommands += 1;
    if (this.#badCommands >= BAD_COMMANDS_MAX) await this.#leave("4.7.0", "Too many errors");
  }

  /** Whoever gets one refusal after the other waits for each, and longer for the next. */
  async #slowDown(): Promise<void> {
    this.#errors += 1;
    if (!this.isTrusted) await this.server.gate.tarpit.hold(this.connection, this.#errors);
  }

  async #answer(line: string): Promise<void> {
    const { verb, args } = splitCommand(line);
    switch (verb) {
      case "EHLO":
      case "HELO":
        return this.#hello(verb === "EHLO", args);
      case "STARTTLS":
        return this.#startTls(args);
      case "MAIL":
        return this.#mail(args);
      case "RCPT":
        return this.#rcpt(args);
      case "DATA":
        return this.#data(args);
      case "BDAT":
        return this.#bdat(args);
      case "RSET":
        await this.#reset();
        return this.say(REPLIES.ok);
      case "NOOP":
        return this.say(REPLIES.ok);
      case "VRFY":
        // Nobody learns here who exists (RFC 5321 §7.3).
        return this.say(reply(252, "2.5.2", "Just send it, and you will see"));
      case "HELP":
        return this.say(reply(214, "2.0.0", "RFC 5321"));
      case "QUIT":
        this.#isOver = true;
        return this.say(reply(221, "2.0.0", "Bye"));
      default: {
        const answer = await this.#policy.command(verb, args);
        if (answer === undefined) return this.#bad(REPLIES.unknownCommand);
        return answer.code === 421
          ? this.#leave(answer.enhanced ?? "4.7.0", answer.lines.join(" "))
          : this.say(answer);
      }
    }
  }

  async #reset(): Promise<void> {
    this.#transaction = null;
    this.#refusedRecipients = 0;
    await this.#intake.reset();
  }

  async #hello(extended: boolean, args: string): Promise<void> {
    const name = parseHeloName(args.trim());
    if (name === null) return this.#bad(reply(501, "5.5.4", "Say your name after EHLO or HELO"));
    // Nobody can know yet that more may be sent at once: whoever does reads no answers (RFC 2920 §3.1).
    if (!this.#wasGreeted && !this.isTrusted && this.lines.hasMore) {
      this.server.gate.refused(this.#policy.service, this.connection.remoteAddress, "early_talker");
      return this.#sendAway(REPLIES.talkedEarly);
    }
    this.#wasGreeted = true;
    await this.#reset();
    this.helo = name;
    this.extended = extended;
    const { settings } = this.server;
    const extensions = this.#policy.extensions();
    await this.say(
      extended
        ? helloReply(settings, this.connection.isSecure, extensions)
        : reply(250, null, settings.hostname),
    );
  }

  async #startTls(args: string): Promise<void> {
    if (args !== "") return this.#bad(reply(501, "5.5.4", "STARTTLS has no parameters"));
    if (this.connection.isSecure) return this.#bad(reply(503, "5.5.1", "TLS is on already"));
    // What came in clear text must not be taken for what comes after it (RFC 3207 §5): that is an attack.
    if (this.lines.discard()) return this.#leave("4.7.0", "Nothing may follow STARTTLS before the answer");
    await this.say(reply(220, "2.0.0", "Go on"));
    await this.connection.startTls(this.server.secureContext());
    this.lines.discard();
    await this.#reset();
    this.#wasGreeted = false;
    this.helo = null;
    this.extended = false;
    this.principal = null;
  }

  async #mail(args: string): Promise<void> {
    const parsed = parseMailFrom(args);
    if (!parsed.ok) return this.#bad(reply(501, "5.5.4", `Expected ${parsed.expected}`));
    if (this.#intake.isChunked) return this.#bad(REPLIES.chunksBegun);
    if (this.#transaction !== null) return this.#bad(reply(503, "5.5.1", "MAIL has been said already"));
    const { path, parameters } = parsed.value;
    const options = readMailOptions(parameters, {
      requireTls: this.connection.isSecure,
      hold: this.#policy.service === "submission",
      now: this.server.outbound.store.clock(),
    });
    if (!options.ok) return this.say(options.refusal);
    if (path.needsUtf8 && !options.value.smtpUtf8) return this.say(REPLIES.notUtf8);
    const { maxMessageBytes } = this.server.settings;
    if ((options.value.size ?? 0) > maxMessageBytes) return this.say(tooLarge(maxMessageBytes));
    const refusal = await this.#try(() => this.#policy.mail(path));
    if (refusal !== null) {
      this.#logRefusal("MAIL", refusal);
      return this.say(refusal);
    }
    this.#refusedRecipients = 0;
    this.#transaction = { id: newId(), from: path, options: options.value, recipients: [] };
    return this.say(reply(250, "2.1.0", "Ok"));
  }

  /** Answers this RCPT and all that follow it in what the client has pipelined: one look-up for all. */
  async #rcpt(args: string): Promise<void> {
    const group = [args, ...takeRecipients(this.lines, RECIPIENTS_MAX - 1)];
    const transaction = this.#transaction;
    const checked = group.map((one) => checkRecipient(transaction, this.#intake.isChunked, one));
    const good = checked.filter(isAsked);
    const room = RECIPIENTS_MAX - (transaction?.recipients.length ?? 0);
    const asked = good.slice(0, room);
    let routes: readonly (Recipient | Reply)[] = [];
    if (transaction !== null && asked.length > 0) {
      const found = await this.#try(async () => ({ routes: await this.#policy.route(transaction, asked) }));
      routes = "routes" in found ? found.routes : asked.map(() => found);
    }
    let n = 0;
    const refused = checked.length - routes.filter((route) => !isReply(route)).length;
    if (refused > 0) await this.#slowDown();
    for (const one of checked) {
      if (this.#isOver) return;
      if (isReply(one)) await this.#refuseRcpt(one);
      else {
        const route = routes[n++] ?? REPLIES.tooManyRecipients;
        if (isReply(route)) await this.#refuseRcpt(route);
        else {
          transaction?.recipients.push({ ...one, to: route });
          this.#count("2.1.5");
          await this.say(reply(250, "2.1.5", "Ok"));
        }
      }
    }
  }

  async #refuseRcpt(answer: Reply): Promise<void> {
    this.#refusedRecipients += 1;
    this.#count(answer.enhanced ?? "none");
    this.#logRefusal("RCPT", answer);
    const isSenseless = answer.code === 501 || answer.code === 503;
    await (isSenseless ? this.#bad(answer) : this.say(answer));
  }

  #logRefusal(stage: "MAIL" | "RCPT" | "DATA", { code, enhanced: status }: Reply): void {
    const { remoteAddress: ip } = this.connection;
    this.server.log.info("smtp_refused", { service: this.#policy.service, stage, code, status, ip });
  }

  #count(status: string): void {
    this.server.metrics.recipients.inc({ service: this.#policy.service, status });
  }

  async #data(args: string): Promise<void> {
    const transaction = this.#transaction;
    if (args !== "") return this.#bad(reply(501, "5.5.4", "DATA has no parameters"));
    if (this.#intake.isChunked) return this.#bad(REPLIES.chunksBegun);
    const refusal = this.#notReady();
    if (refusal !== null || transaction === null) return this.#refuseContent(refusal ?? REPLIES.needMail);
    const denied = await this.#mayBegin(transaction);
    if (denied !== null) {
      await this.#reset();
      return this.say(denied);
    }
    await this.say(REPLIES.goOn);
    await this.connection.flush();
    await this.#conclude(await this.#intake.data(transaction));
  }

  async #mayBegin(transaction: Transaction): Promise<Reply | null> {
    const denied = await this.#try(() => this.#policy.begin(transaction));
    if (denied !== null) this.#logRefusal("DATA", denied);
    return denied;
  }

  async #bdat(args: string): Promise<void> {
    await this.connection.flush();
    await this.#conclude(await this.#intake.bdat(args, this.#transaction, this.#notReady()));
  }

  /** Why no content can come now, or null. */
  #notReady(): Reply | null {
    if (this.#transaction === null) return REPLIES.needMail;
    if (this.#transaction.recipients.length > 0) return null;
    return this.#refusedRecipients > 0 ? REPLIES.noValidRecipients : REPLIES.needRcpt;
  }

  async #refuseContent(answer: Reply): Promise<void> {
    await (answer === REPLIES.noValidRecipients ? this.say(answer) : this.#bad(answer));
  }

  async #conclude(intake: Intake): Promise<void> {
    if (intake.kind === "leave") {
      await this.#reset();
      return intake.answer === undefined
        ? this.#leave(intake.enhanced, intake.text)
        : this.#sendAway(intake.answer);
    }
    if (intake.kind === "not_now") return this.#refuseContent(intake.answer);
    if (intake.answer === REPLIES.smuggled)
      this.server.gate.refused(this.#policy.service, this.connection.remoteAddress, "smuggling");
    if (intake.kind === "over") await this.#reset();
    await this.say(intake.answer);
  }

  /** @returns the answer to a message that came in whole */
  async #take(transaction: Transaction, spool: Spool): Promise<Reply> {
    const begun = performance.now();
    const answer = await this.#decide(transaction, spool);
    const ms = performance.now() - begun;
    const { service } = this.#policy;
    const { remoteAddress: ip } = this.connection;
    const { principal } = this;
    tellMessage(this.server, { transaction, service, ip, principal, size: spool.size, answer, ms });
    return answer;
  }

  async #decide(transaction: Transaction, spool: Spool): Promise<Reply> {
    if (spool.isTooLarge) return tooLarge(this.server.settings.maxMessageBytes);
    if (spool.failure !== undefined) {
      this.server.log.error("spool_failed", { error: spool.failure });
      return REPLIES.storageFull;
    }
    return this.#try(() => this.#policy.accept(transaction, spool));
  }

  /** Runs a step that may fail; the session goes on. */
  async #try<T>(step: () => Promise<T>): Promise<T | Reply> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof ConnectionClosed) throw error;
      if (!(error instanceof MailError))
        this.server.log.error("smtp_failed", { error, service: this.#policy.service });
      else if (error.code === "unavailable")
        this.server.log.warn("smtp_unavailable", { service: this.#policy.service });
      return replyFor(error);
    }
  }
}
