import {
  CommandReader,
  type LiteralDecision,
  type LiteralStart,
  type NameEncoding,
  type ReaderEvent,
} from "../../src/protocol/imap/index.ts";
import type { TenantTx } from "../../src/db/index.ts";
import type { AccountId } from "../../src/kernel/id.ts";
import { type UidRange, readRights } from "../../src/mailstore/index.ts";
import type { Principal } from "../../src/tenants/index.ts";
import { type Connection, ConnectionClosed } from "../listen/connection.ts";
import type { Sleeper, WakeClock } from "../listen/wake-clock.ts";
import type { AccountWatch } from "./account-watch.ts";
import type { ImapDeps } from "./deps.ts";
import { requireRights } from "./namespaces.ts";
import type { SelectedMailbox } from "./selected-mailbox.ts";

/** Before it has signed in, a client has little time and little room. */
const LOGIN_TIMEOUT_MS = 60_000;
/** RFC 9051 §5.4: at least 30 minutes. */
const IDLE_TIMEOUT_MS = 35 * 60_000;
/** When the process ends, a client that is in the middle of something has so long to say more. */
const STOPPING_TIMEOUT_MS = 5_000;
const MAX_LITERAL_BYTES = 65_536;
const MAX_LITERAL_BEFORE_LOGIN = 1_024;

/** What a client can turn on with ENABLE. */
export type Feature =
  | "IMAP4REV2"
  | "CONDSTORE"
  | "QRESYNC"
  | "UIDONLY"
  | "UTF8=ACCEPT"
  | "METADATA"
  | "METADATA-SERVER";

/** How far a command is; undefined where nobody can tell. */
export interface Progress {
  done: number | undefined;
  goal: number | undefined;
}

/** An IDLE that has not ended. */
export interface Idling {
  readonly tag: string;
  /** On the deps' clock: then the session ends. */
  readonly until: number;
}

/** One client: its connection, and what it has said so far. Commands read and change this; they hold nothing. While it has nothing to
 * say, nothing runs for it: see `quiet`. */
export class ImapSession implements Sleeper {
  readonly deps: ImapDeps;
  readonly connection: Connection;
  readonly #clock: WakeClock;
  reader: CommandReader;
  #principal: Principal | undefined;
  selected: SelectedMailbox | undefined;
  readonly enabled = new Set<Feature>();
  /** What "$" stands for (RFC 5182). */
  savedSearch: readonly UidRange[] = [];
  failedLogins = 0;
  /** The client said LOGOUT, or was told BYE. */
  isOver = false;
  /** TLS begins behind the answer to this command. */
  wantsTls = false;
  /** Compression begins behind the answer to this command. */
  wantsDeflate = false;
  isGreeted = false;
  /** Commands that made no sense, since the last one that did. */
  badInARow = 0;
  /** Set while it idles. */
  idling: Idling | undefined;
  /** How far a long command is. */
  progress: Progress | undefined;
  /** What NOTIFY has asked for. */
  watch: AccountWatch | undefined;
  #isDue = false;
  #isStopping = false;
  #endWatch: (() => void) | undefined;

  constructor(deps: ImapDeps, connection: Connection, clock: WakeClock) {
    this.deps = deps;
    this.connection = connection;
    this.#clock = clock;
    this.reader = this.#newReader();
  }

  get nameEncoding(): NameEncoding {
    const isUtf8 = this.enabled.has("IMAP4REV2") || this.enabled.has("UTF8=ACCEPT");
    return isUtf8 ? "utf8" : "modified-utf7";
  }

  /** Whether a password may be sent on this connection as it is now. */
  get mayLogin(): boolean {
    const { cleartextLogin } = this.deps;
    if (this.connection.isSecure || cleartextLogin === "always") return true;
    return cleartextLogin === "loopback" && this.connection.isLoopback;
  }

  /** The process ends, and this session with it as soon as its command is done. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  stop(): void {
    this.#isStopping = true;
    this.connection.interrupt();
  }

  /** Runs one transaction of the signed-in account. */
  transaction<T>(work: (tx: TenantTx, accountId: AccountId) => Promise<T>): Promise<T> {
    const { tenantId, accountId } = this.signedIn;
    return this.deps.store.db.tenant(tenantId, (tx) => work(tx, accountId));
  }

  /** Runs one transaction of the account whose mailbox is selected. Where it is somebody else's, `box.rights` are those of this moment.
   * @throws {MailError} forbidden, mailbox_unknown: it may not be read any more */
  inBox<T>(work: (tx: TenantTx, accountId: AccountId) => Promise<T>): Promise<T> {
    const { box } = this;
    return this.deps.store.db.tenant(this.signedIn.tenantId, async (tx) => {
      if (this.isForeign) {
        box.rights = await readRights(tx, this.signedIn.accountId, box.id);
        requireRights(box.rights, "r");
      }
      return work(tx, box.accountId);
    });
  }

  /** The selected mailbox is somebody else's. */
  get isForeign(): boolean {
    return this.box.accountId !== this.signedIn.accountId;
  }

  /** To be called after a commit that changed an account (this one's, if none is named): other sessions are told. */
  changed(...accountIds: readonly AccountId[]): void {
    const { tenantId, accountId } = this.signedIn;
    this.deps.store.changes.committed(tenantId, accountIds.length === 0 ? [accountId] : accountIds);
  }

  get principal(): Principal | undefined {
    return this.#principal;
  }

  /** Whoever has signed in counts from here on. @throws {MailError} too_many_connections */
  set principal(principal: Principal) {
    this.deps.clients.signedIn(principal.accountId, this.connection);
    this.#principal = principal;
  }

  /** @throws {Error} nobody has signed in (a bug: the table of commands says who may call) */
  get signedIn(): Principal {
    if (this.principal === undefined) throw new Error("nobody has signed in");
    return this.principal;
  }

  /** @throws {Error} no mailbox is selected (a bug: the table of commands says who may call) */
  get box(): SelectedMailbox {
    if (this.selected === undefined) throw new Error("no mailbox is selected");
    return this.selected;
  }

  select(box: SelectedMailbox): void {
    this.unselect();
    this.selected = box;
    const { tenantId } = this.signedIn;
    const changed = (): void => {
      box.isDirty = true;
      if (this.idling !== undefined || this.watch !== undefined) this.connection.interrupt();
    };
    this.#endWatch = this.deps.store.changes.watch(tenantId, box.accountId, changed, box.modseq);
  }

  unselect(): void {
    this.#endWatch?.();
    this.#endWatch = undefined;
    this.selected = undefined;
    this.savedSearch = [];
  }

  /** The account, and what else the watch is about, is watched from now on. */
  watchAccount(watch: AccountWatch): void {
    this.endWatching();
    const { tenantId } = this.signedIn;
    watch.begin((accountId, changed) => this.deps.store.changes.watch(tenantId, accountId, changed));
    this.watch = watch;
  }

  endWatching(): void {
    this.watch?.end();
    this.watch = undefined;
  }

  /** The time that the session asked for is over. */
  due(): void {
    this.#isDue = true;
    this.connection.interrupt();
  }

  /** True once after `due`. */
  takeDue(): boolean {
    const was = this.#isDue;
    this.#isDue = false;
    return was;
  }

  /** Writes one response line. @throws {ConnectionClosed} */
  async send(line: string): Promise<void> {
    await this.connection.write(`${line}\r\n`);
  }

  /** Tells the client that the session is over, and ends it. @throws {ConnectionClosed} always */
  async bye(text: string, code?: string): Promise<never> {
    this.isOver = true;
    await this.send(`* BYE ${code === undefined ? "" : `[${code}] `}${text}`);
    await this.connection.flush();
    throw new ConnectionClosed();
  }

  /** The next thing the client sent, or undefined when it says nothing now: then all that we wrote has gone out, and whoever serves
   * the session may return, to be called again when there is more. @throws {ConnectionClosed} */
  async eventNow(): Promise<ReaderEvent | undefined> {
    for (;;) {
      const event = this.reader.next();
      if (event !== undefined) return event;
      if (!(await this.quiet(this.principal === undefined ? LOGIN_TIMEOUT_MS : IDLE_TIMEOUT_MS))) continue;
      if (this.takeDue()) await this.bye("you were idle for too long");
      return undefined;
    }
  }

  /** Reads what the client has sent by now; when that is nothing, what we wrote goes out.
   * @param dueMs then `due` is called, when it has still said nothing
   * @returns true when there is nothing to do until the connection wakes us @throws {ConnectionClosed} also when the process ends */
  async quiet(dueMs: number): Promise<boolean> {
    await this.#endWhenStopping();
    if (this.#takeInput()) return false;
    await this.connection.flush();
    if (this.connection.hasInput) return false;
    if (this.connection.isClosed) throw new ConnectionClosed();
    if (this.#isStopping) return false;
    this.#clock.wait(this, dueMs);
    return true;
  }

  async #endWhenStopping(): Promise<void> {
    if (this.#isStopping) await this.bye("the server is restarting, please connect again", "UNAVAILABLE");
  }

  #takeInput(): boolean {
    const chunk = this.connection.take();
    if (chunk === undefined) return false;
    this.reader.push(chunk);
    this.#isDue = false;
    return true;
  }

  /** The next thing the client sends, waited for in the middle of a command. What we wrote so far goes out first.
   * @throws {ConnectionClosed} */
  async nextEvent(): Promise<ReaderEvent> {
    for (;;) {
      const event = this.reader.next();
      if (event !== undefined) return event;
      await this.#moreInput();
    }
  }

  /** The next bare line. @returns "refused" when it is too long @throws {ConnectionClosed} */
  async nextLine(): Promise<Uint8Array | "refused"> {
    for (;;) {
      const line = this.reader.nextLine();
      if (line !== undefined) return line;
      await this.#moreInput();
    }
  }

  async #moreInput(): Promise<void> {
    const timeoutMs = this.principal === undefined ? LOGIN_TIMEOUT_MS : IDLE_TIMEOUT_MS;
    for (;;) {
      if (this.#takeInput()) return;
      await this.connection.flush();
      // A message that is being sent is taken to its end: the client would send all of it again.
      const how = await this.connection.waitForInput(this.#isStopping ? STOPPING_TIMEOUT_MS : timeoutMs);
      if (how === "end") throw new ConnectionClosed();
      if (how === "timeout") await this.#endWhenStopping();
      if (how === "timeout") await this.bye("you were idle for too long");
    }
  }

  /** TLS begins: all that was said before counts no more (RFC 9051 §6.2.1). */
  async startTls(): Promise<void> {
    this.wantsTls = false;
    await this.connection.startTls(this.deps.secureContext());
    this.reader = this.#newReader();
  }

  /** Both sides compress from here on (RFC 4978). */
  async startCompression(): Promise<void> {
    this.wantsDeflate = false;
    await this.connection.flush();
    this.connection.startCompression();
  }

  #newReader(): CommandReader {
    return new CommandReader((literal) => this.#decide(literal));
  }

  #decide(literal: LiteralStart): LiteralDecision {
    if (this.principal === undefined) {
      return literal.sizeBytes <= MAX_LITERAL_BEFORE_LOGIN ? "collect" : "refuse";
    }
    if (isMessage(literal)) return literal.sizeBytes <= this.deps.maxMessageBytes ? "stream" : "refuse";
    return literal.sizeBytes <= MAX_LITERAL_BYTES ? "collect" : "refuse";
  }

  /** Frees what the session holds elsewhere. */
  release(): void {
    this.#clock.leave(this);
    this.endWatching();
    this.unselect();
  }
}

/** What stands before the mailbox name of APPEND, REPLACE and UID REPLACE. */
const TAKES_MESSAGE = /^[^ ]+ (?:APPEND|(?:UID )?REPLACE [^ ]+) /i;
const LITERAL_ALONE = /^~?\{\d+\+?\}\r\n$/;

/** The mailbox name may be a literal too: then nothing else stands behind the command's name. */
function isMessage({ text: { bytes } }: LiteralStart): boolean {
  const start = String.fromCharCode(...bytes.subarray(0, 160));
  const before = TAKES_MESSAGE.exec(start)?.[0];
  return before !== undefined && !LITERAL_ALONE.test(start.slice(before.length));
}
