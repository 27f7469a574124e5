import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { type DetailedPeerCertificate, connect as connectTls, type TLSSocket } from "node:tls";
import type { BlobSource } from "../../src/blob/index.ts";
import { DotWriter, isContinued, parseReply, type Reply } from "../../src/protocol/smtp/index.ts";
import type { TlsResultType } from "../../src/protocol/tls-rpt/index.ts";
import { Connection, ConnectionClosed } from "../listen/connection.ts";
import type { ClientTimeouts } from "./delivery-settings.ts";
import type { TlsDemand } from "./tls-demand.ts";
import { verifyDane } from "./verify-dane.ts";

/** The other side broke off, fell silent, or spoke nonsense: nothing is known about what it has taken. */
export class SessionLost extends Error {
  override readonly name = "SessionLost";
}

/** TLS that was offered or demanded can't be had, or does not prove what it has to. */
export class TlsFailed extends Error {
  override readonly name = "TlsFailed";
  readonly result: TlsResultType;

  constructor(result: TlsResultType, message: string = result) {
    super(message);
    this.result = result;
  }
}

/** What TLS gave. */
export interface TlsGiven {
  /** `TLSv1.3` */
  readonly protocol: string;
  /** What the certificate would have failed if it had been demanded to be of a trusted authority; null: nothing. */
  readonly webPkiFault: TlsResultType | null;
}

/** A reply has at most this many octets. */
const REPLY_MAX = 65_536;
const TLS_MS = 30_000;
const LF = 10;

/** The client's side of one SMTP connection: commands, replies, TLS, a message. What to say stands in `send.ts`. */
export class SmtpClient {
  #socket: Socket;
  #connection: Connection;
  #buffer: Uint8Array = new Uint8Array(0);
  readonly #timeouts: ClientTimeouts;

  constructor(socket: Socket, isSecure: boolean, timeouts: ClientTimeouts) {
    this.#socket = socket;
    this.#connection = new Connection(socket, isSecure);
    this.#timeouts = timeouts;
  }

  get isSecure(): boolean {
    return this.#connection.isSecure;
  }

  /** The server is on this machine. */
  get isLoopback(): boolean {
    return this.#connection.isLoopback;
  }

  /** Sends one command and reads its reply. @throws {SessionLost} */
  async command(line: string): Promise<Reply> {
    const [answer] = await this.commands([line]);
    if (answer === undefined) throw new SessionLost("no reply");
    return answer;
  }

  /** Sends commands in one go and reads their replies (RFC 2920). @throws {SessionLost} */
  async commands(lines: readonly string[]): Promise<Reply[]> {
    try {
      await this.#connection.write(lines.map((line) => `${line}\r\n`).join(""));
      await this.#connection.flush();
    } catch (error) {
      throw lost(error);
    }
    const replies: Reply[] = [];
    while (replies.length < lines.length) {
      const answer = await this.reply();
      // Whatever is left unanswered stays so (RFC 5321 §3.8).
      if (answer.code === 421) throw new SessionLost(`the server said 421 ${answer.lines.join(" ")}`);
      replies.push(answer);
    }
    return replies;
  }

  /** Reads one reply. @throws {SessionLost} */
  async reply(timeoutMs = this.#timeouts.commandMs): Promise<Reply> {
    const lines: string[] = [];
    const until = performance.now() + timeoutMs;
    for (let size = 0; size < REPLY_MAX;) {
      const line = await this.#line(until);
      size += line.length;
      lines.push(line);
      if (isContinued(line)) continue;
      const parsed = parseReply(lines);
      if (!parsed.ok) throw new SessionLost("the server does not speak SMTP");
      return parsed.value;
    }
    throw new SessionLost("the server's reply does not end");
  }

  /** Sends a message after 354, and reads the verdict. @throws {SessionLost} */
  async content(source: BlobSource): Promise<Reply> {
    const writer = new DotWriter();
    try {
      for await (const chunk of source.chunks()) {
        const pieces: Uint8Array[] = [];
        writer.push(chunk, (piece) => pieces.push(piece));
        for (const piece of pieces) await this.#connection.write(piece);
      }
      await this.#connection.write(writer.end());
      await this.#connection.flush();
    } catch (error) {
      if (!(error instanceof ConnectionClosed)) throw error;
      // It may have said why before it hung up.
      return this.reply(1_000);
    }
    return this.reply(this.#timeouts.finalMs);
  }

  /** Changes to TLS 1.2 or later, and checks the certificate as far as is demanded: opportunistically not at all, since anybody could
   * strip STARTTLS then, and a check would only make mail less safe (RFC 7435).
   * @param servername for SNI; an address is not sent   @param ca authorities in PEM; undefined: the usual ones
   * @throws {TlsFailed} */
  async startTls(servername: string, demand: TlsDemand, ca?: readonly string[]): Promise<TlsGiven> {
    const plain = this.#socket;
    plain.removeAllListeners();
    plain.on("error", () => undefined);
    const isName = /[a-z]/i.test(servername) && !servername.includes(":");
    const secure = connectTls({
      socket: plain,
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      ...(isName ? { servername } : {}),
      ...(ca === undefined ? {} : { ca: [...ca] }),
    });
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const timer = setTimeout(resolve, Math.min(TLS_MS, this.#timeouts.commandMs), "no handshake in time");
    secure.once("secureConnect", () => resolve(null));
    secure.once("error", (error) => resolve("code" in error ? String(error.code) : "failed"));
    secure.once("close", () => resolve("the server hung up"));
    const fault = await promise;
    clearTimeout(timer);
    // What came in clear text before is not to be taken for a reply (RFC 3207 §4.2).
    this.#buffer = new Uint8Array(0);
    this.#socket = secure;
    this.#connection = new Connection(secure, true);
    if (fault !== null) {
      this.#connection.destroy();
      throw new TlsFailed("validation-failure", `TLS failed: ${fault}`);
    }
    const given = { protocol: secure.getProtocol() ?? "TLS", webPkiFault: webPkiFault(secure) };
    const refused = isGood(secure, demand, given.webPkiFault);
    if (refused !== null) {
      this.#connection.destroy();
      throw new TlsFailed(refused);
    }
    return given;
  }

  /** The server is gone, or has said something unasked, which is a goodbye. */
  get isOver(): boolean {
    return this.#connection.isClosed || this.#buffer.length > 0 || this.#socket.readableLength > 0;
  }

  /** Says goodbye and hangs up; waits for nothing. */
  async quit(): Promise<void> {
    try {
      await this.#connection.write("QUIT\r\n");
    } catch {
      // It is gone already.
    }
    await this.#connection.close();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  async #line(until: number): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf(LF);
      if (end >= 0) {
        const line = new TextDecoder().decode(this.#buffer.subarray(0, end)).replace(/\r$/, "");
        this.#buffer = this.#buffer.subarray(end + 1);
        return line;
      }
      if (this.#buffer.length > REPLY_MAX) throw new SessionLost("the server's line does not end");
      const waited = await this.#connection.waitForInput(Math.max(0, until - performance.now()));
      if (waited === "timeout") throw new SessionLost("the server did not answer in time");
      if (waited === "end") throw new SessionLost("the server hung up");
      const more = this.#connection.take();
      if (more !== undefined) this.#buffer = Buffer.concat([this.#buffer, more]);
    }
  }
}

function lost(error: unknown): unknown {
  return error instanceof ConnectionClosed ? new SessionLost("the server hung up", { cause: error }) : error;
}

/** @returns null: the certificate gives what is demanded */
function isGood(secure: TLSSocket, demand: TlsDemand, fault: TlsResultType | null): TlsResultType | null {
  if (demand.kind === "webpki") return fault;
  if (demand.kind === "dane") return verifyDane(chainOf(secure), demand.records, demand.names, Date.now());
  return null;
}

function webPkiFault(secure: TLSSocket): TlsResultType | null {
  if (secure.authorized) return null;
  const error: unknown = secure.authorizationError;
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "CERT_HAS_EXPIRED") return "certificate-expired";
  return code === "ERR_TLS_CERT_ALTNAME_INVALID" ? "certificate-host-mismatch" : "certificate-not-trusted";
}

/** The certificates that the server showed. */
function chainOf(secure: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  let next: DetailedPeerCertificate | undefined = secure.getPeerCertificate(true);
  // The last one, signed by itself, is its own issuer.
  while (next?.raw !== undefined && !seen.has(next.fingerprint256)) {
    seen.add(next.fingerprint256);
    chain.push(new X509Certificate(next.raw));
    next = next.issuerCertificate;
  }
  return chain;
}
