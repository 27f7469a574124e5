import { rootCertificates } from "node:tls";
import type { BlobSource } from "../../src/blob/index.ts";
import type { AttemptResult, QueuedRecipient, QueueEntry } from "../../src/outbound/index.ts";
import { encodeXtext, type Reply } from "../../src/protocol/smtp/index.ts";
import type { TlsResultType } from "../../src/protocol/tls-rpt/index.ts";
import { asSevenBit } from "./as-seven-bit.ts";
import type { Target } from "./choose-targets.ts";
import type { Smarthost } from "./delivery-settings.ts";
import type { Extensions, Session } from "./session-pool.ts";
import { SessionLost, type SmtpClient, TlsFailed } from "./smtp-client.ts";
import { describeTls } from "./tls-demand.ts";

/** The host will not talk, or can't: another one may. */
export class HostFailed extends Error {
  override readonly name = "HostFailed";
  readonly reply: string;
  readonly status: string;
  /** Waiting does not help. */
  readonly isPermanent: boolean;

  constructor(
    reply: string,
    status: string,
    options: ErrorOptions & { readonly isPermanent?: boolean } = {},
  ) {
    super(reply, options);
    this.reply = reply;
    this.status = status;
    this.isPermanent = options.isPermanent === true;
  }
}

/** A connection that was used before had ended: nothing of the message was sent. */
export class SessionStale extends Error {
  override readonly name = "SessionStale";
}

/** A message, and how it is signed once it has the form in which it leaves. */
export interface OutgoingContent {
  readonly plain: BlobSource;
  readonly sign: (content: BlobSource) => Promise<BlobSource>;
}

/** A host asks for no more than this in one transaction (RFC 5321 §4.5.3.1.8). */
const RECIPIENTS_MAX = 100;

const printed = ({ code, enhanced, lines }: Reply): string =>
  [String(code), enhanced, ...lines].filter((part) => part !== null && part !== "").join(" ");
const statusOf = ({ code, enhanced }: Reply): string => enhanced ?? `${Math.floor(code / 100)}.0.0`;

/** What was agreed at the start of a session. */
interface Opened {
  readonly extensions: Extensions;
  /** How it is protected, for people; undefined: clear text. */
  readonly tls: string | undefined;
  /** A policy that is being tested would have refused it for this. */
  readonly testingFault: TlsResultType | null;
}

/** Opens a session: greeting, EHLO, TLS where it is offered or demanded, and the smarthost's login.
 * @param hostname what EHLO says
 * @throws {HostFailed} it will not talk to us   @throws {TlsFailed} TLS does not work, or does not give what is demanded */
export async function openSession(
  client: SmtpClient,
  target: Target,
  hostname: string,
  options: {
    readonly useTls: boolean;
    readonly login: Smarthost["login"];
    readonly extraCa: string | undefined;
  },
): Promise<Opened> {
  const { demand, policy, servername } = target;
  try {
    const greeting = await client.reply();
    if (greeting.code !== 220) throw new HostFailed(printed(greeting), `4.${statusOf(greeting).slice(2)}`);
    let extensions = await hello(client, hostname);
    let tls = client.isSecure ? describeTls({ kind: "webpki", name: target.name }, "TLS") : undefined;
    let testingFault: TlsResultType | null = null;
    if (options.useTls && !client.isSecure) {
      if (extensions.has("STARTTLS") && (await client.command("STARTTLS")).code === 220) {
        const ca = options.extraCa === undefined ? undefined : [...rootCertificates, options.extraCa];
        const given = await client.startTls(servername, demand, ca);
        tls = describeTls(demand, given.protocol);
        if (policy.isTesting) testingFault = given.webPkiFault;
        extensions = await hello(client, hostname);
      } else if (demand.kind !== "opportunistic")
        throw new TlsFailed("starttls-not-supported", "the server offers no TLS");
    }
    if (options.login !== undefined) await logIn(client, extensions, options.login);
    return { extensions, tls, testingFault };
  } catch (error) {
    if (error instanceof SessionLost)
      throw new HostFailed(`451 4.4.2 ${error.message}`, "4.4.2", { cause: error });
    throw error;
  }
}

async function hello(client: SmtpClient, hostname: string): Promise<Extensions> {
  const answer = await client.command(`EHLO ${hostname}`);
  if (answer.code === 250)
    return new Map(
      answer.lines.slice(1).map((line) => {
        const [keyword = "", ...rest] = line.trim().split(/[ =]/);
        return [keyword.toUpperCase(), rest.join(" ")];
      }),
    );
  const plain = answer.code >= 500 ? await client.command(`HELO ${hostname}`) : answer;
  if (plain.code !== 250) throw new HostFailed(printed(plain), `4.${statusOf(plain).slice(2)}`);
  return new Map();
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function logIn(
  client: SmtpClient,
  extensions: Extensions,
  { user, password }: NonNullable<Smarthost["login"]>,
): Promise<void> {
  if (!client.isSecure && !client.isLoopback)
    throw new HostFailed(
      "451 4.7.11 The next mail server offers no TLS, and a password is not sent without",
      "4.7.11",
    );
  const mechanisms = (extensions.get("AUTH") ?? "").toUpperCase().split(" ");
  const answer = mechanisms.includes("PLAIN")
    ? await client.command(`AUTH PLAIN ${base64(`\0${user}\0${password}`)}`)
    : mechanisms.includes("LOGIN")
      ? await logInByTurns(client, base64(user), base64(password))
      : null;
  if (answer === null)
    throw new HostFailed("451 4.7.0 The next mail server offers no login that we know", "4.7.0");
  // A wrong password is the operator's to put right: nobody's mail is to bounce for it.
  if (answer.code !== 235) throw new HostFailed(printed(answer), "4.7.8");
}

async function logInByTurns(client: SmtpClient, user: string, password: string): Promise<Reply> {
  for (const line of ["AUTH LOGIN", user]) {
    const answer = await client.command(line);
    if (answer.code !== 334) return answer;
  }
  return client.command(password);
}

/** Sends a message to recipients of one host over a session that is open; what each of them got.
 * Never throws for what the other side does: when it breaks off, whoever has no verdict is tried again.
 * @throws {SessionStale} */
export async function sendMessage(
  session: Session,
  entry: QueueEntry,
  recipients: readonly QueuedRecipient[],
  outgoing: OutgoingContent,
): Promise<AttemptResult[]> {
  const { extensions, mta, tls } = session;
  const protection = tls === undefined ? {} : { tls };
  const verdict = (list: readonly QueuedRecipient[], reply: string, status: string): AttemptResult[] =>
    list.map(({ n }) => ({ n, outcome: outcomeOf(reply), reply, status, remoteMta: mta, ...protection }));
  if (entry.smtpUtf8 && !extensions.has("SMTPUTF8"))
    return verdict(
      recipients,
      "550 5.6.7 The server does not take addresses or headers outside of US-ASCII",
      "5.6.7",
    );
  const isConverted = entry.eightBit && !extensions.has("8BITMIME");
  // RFC 6152 §3: eight bits must not be sent then, under any circumstances.
  const form = isConverted ? await asSevenBit(outgoing.plain) : outgoing.plain;
  if (form === null)
    return verdict(
      recipients,
      "554 5.6.3 The server does not take 8-bit text, and the message can't be converted",
      "5.6.3",
    );
  const message = {
    content: await outgoing.sign(form),
    body: entry.eightBit && !isConverted ? "8BITMIME" : "7BIT",
  } as const;
  const sizeMax = Number(extensions.get("SIZE") ?? 0);
  if (sizeMax > 0 && message.content.size > sizeMax)
    return verdict(recipients, `552 5.3.4 The server takes messages of at most ${sizeMax} octets`, "5.3.4");
  const results: AttemptResult[] = [];
  for (let from = 0; from < recipients.length; from += RECIPIENTS_MAX) {
    const some = recipients.slice(from, from + RECIPIENTS_MAX);
    const isReused = session.used > 0 && from === 0;
    try {
      results.push(...(await transact(session, isReused, entry, some, message)));
    } catch (error) {
      if (!(error instanceof SessionLost)) throw error;
      if (isReused) throw new SessionStale("the server has ended the session", { cause: error });
      results.push(...verdict(recipients.slice(from), `451 4.4.2 ${error.message}`, "4.4.2"));
      break;
    }
  }
  return results;
}

function outcomeOf(reply: string): AttemptResult["outcome"] {
  return reply.startsWith("5") ? "permanent" : reply.startsWith("2") ? "relayed" : "temporary";
}

/** A message in the form in which this host takes it. */
interface Message {
  readonly content: BlobSource;
  readonly body: "7BIT" | "8BITMIME";
}

function mailCommand(extensions: Extensions, entry: QueueEntry, { content, body }: Message): string {
  const parameters = [
    extensions.has("SIZE") ? ` SIZE=${content.size}` : "",
    body === "8BITMIME" ? " BODY=8BITMIME" : "",
    entry.smtpUtf8 ? " SMTPUTF8" : "",
    entry.requireTls ? " REQUIRETLS" : "",
  ];
  if (extensions.has("DSN")) {
    if (entry.ret !== null) parameters.push(` RET=${entry.ret}`);
    if (entry.envid !== null) parameters.push(` ENVID=${encodeXtext(entry.envid)}`);
  }
  return `MAIL FROM:<${entry.mailFrom}>${parameters.join("")}`;
}

function rcptCommand(extensions: Extensions, { address, notify, orcpt }: QueuedRecipient): string {
  if (!extensions.has("DSN")) return `RCPT TO:<${address}>`;
  const [type = "", ...rest] = (orcpt ?? "").split(";");
  const original =
    orcpt === null || type.toLowerCase() === "utf-8" ? "" : ` ORCPT=${type};${encodeXtext(rest.join(";"))}`;
  return `RCPT TO:<${address}>${notify === null ? "" : ` NOTIFY=${notify.join(",")}`}${original}`;
}

/** One MAIL transaction. @throws {SessionLost} nothing of the message was sent: nothing is known about any of the recipients */
async function transact(
  { client, extensions, mta, tls }: Session,
  isReused: boolean,
  entry: QueueEntry,
  recipients: readonly QueuedRecipient[],
  message: Message,
): Promise<AttemptResult[]> {
  const mail = mailCommand(extensions, entry, message);
  const rcpts = recipients.map((to) => rcptCommand(extensions, to));
  let answers: Reply[];
  if (extensions.has("PIPELINING")) {
    // RSET: whatever the transaction before has left behind is gone.
    const replies = await client.commands([...(isReused ? ["RSET"] : []), mail, ...rcpts, "DATA"]);
    answers = isReused ? replies.slice(1) : replies;
  } else {
    if (isReused) await client.command("RSET");
    const first = await client.command(mail);
    answers = [first];
    for (const rcpt of first.code === 250 ? rcpts : []) answers.push(await client.command(rcpt));
    if (answers.slice(1).some(isAccepted)) answers.push(await client.command("DATA"));
  }
  const [mailAnswer, ...rest] = answers;
  if (mailAnswer === undefined) throw new SessionLost("no reply");
  const rcptAnswers = rest.slice(0, recipients.length);
  const dataAnswer = rest[recipients.length];
  const result = (to: QueuedRecipient, answer: Reply): AttemptResult => ({
    n: to.n,
    outcome: outcomeOf(printed(answer)),
    reply: printed(answer),
    status: statusOf(answer),
    remoteMta: mta,
    ...(tls === undefined ? {} : { tls }),
    passedOn: extensions.has("DSN"),
  });
  const isOpen = dataAnswer !== undefined && dataAnswer.code === 354;
  const someAccepted = mailAnswer.code === 250 && rcptAnswers.some(isAccepted);
  if (!someAccepted) {
    // A server that says 354 for nobody is told an empty message, so that the session can go on.
    if (isOpen) await client.content({ size: 0, chunks: () => none() });
    return recipients.map((to, i) =>
      result(to, mailAnswer.code === 250 ? (rcptAnswers[i] ?? mailAnswer) : mailAnswer),
    );
  }
  let final = dataAnswer;
  if (isOpen) {
    try {
      final = await client.content(message.content);
    } catch (error) {
      if (!(error instanceof SessionLost)) throw error;
      final = { code: 451, enhanced: "4.4.2", lines: [error.message] };
    }
  }
  return recipients.map((to, i) => {
    const answer = rcptAnswers[i];
    return result(to, answer !== undefined && !isAccepted(answer) ? answer : (final ?? mailAnswer));
  });
}

const isAccepted = ({ code }: Reply): boolean => code === 250 || code === 251;

async function* none(): AsyncGenerator<Uint8Array> {}
