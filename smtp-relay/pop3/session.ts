import type { Principal, SignInClient } from "../../src/tenants/index.ts";
import type { Connection } from "../listen/connection.ts";
import { CommandLines, type Said } from "../smtp/command-lines.ts";
import type { Pop3Deps } from "./deps.ts";
import type { Maildrop } from "./maildrop.ts";

/** What a session has once its client has signed in. */
export interface SignedIn {
  readonly principal: Principal;
  readonly maildrop: Maildrop;
}

/** One client: its connection, and what it has said so far. Commands read and change this; they hold nothing. */
export class Pop3Session {
  readonly deps: Pop3Deps;
  readonly connection: Connection;
  lines: CommandLines;
  /** Undefined in the AUTHORIZATION state. */
  signedIn: SignedIn | undefined;
  /** What USER said just before. */
  user: string | undefined;
  failedLogins = 0;
  /** Nothing is read any more. */
  isOver = false;
  /** TLS begins behind the answer to this command. */
  wantsTls = false;
  #isStopping = false;

  constructor(deps: Pop3Deps, connection: Connection) {
    this.deps = deps;
    this.connection = connection;
    this.lines = new CommandLines(connection);
  }

  /** Whether a password may be sent on this connection as it is now. */
  get mayLogin(): boolean {
    const { cleartextLogin } = this.deps;
    if (this.connection.isSecure || cleartextLogin === "always") return true;
    return cleartextLogin === "loopback" && this.connection.isLoopback;
  }

  /** Where failed sign-ins come from. */
  get client(): SignInClient {
    const { remoteAddress, isLoopback } = this.connection;
    return { ip: remoteAddress, protocol: "pop3", isCounted: this.deps.limitLoopback || !isLoopback };
  }

  /** The process ends, and this session with it as soon as its command is done. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  stop(): void {
    this.#isStopping = true;
    this.connection.interrupt();
  }

  /** @throws {Error} nobody has signed in (a bug: the table of commands says who may call) */
  get here(): SignedIn {
    if (this.signedIn === undefined) throw new Error("nobody has signed in");
    return this.signedIn;
  }

  /** The next line of the client. What we wrote goes out first, unless more commands are here already: they are answered together
   * (RFC 2449 §6.6). @throws {ConnectionClosed} */
  async nextLine(): Promise<Said> {
    if (!this.lines.hasLine) await this.connection.flush();
    return this.lines.next(this.deps.autologoutMs);
  }

  /** TLS begins: all that was said before counts no more (RFC 2595 §4). */
  async startTls(): Promise<void> {
    this.wantsTls = false;
    this.user = undefined;
    await this.connection.startTls(this.deps.secureContext());
    this.lines = new CommandLines(this.connection);
  }
}
