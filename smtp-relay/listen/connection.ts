import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { isLoopbackIp, plainIp } from "./address.ts";
import { deflatePiece, Inflation } from "./deflate.ts";
import { channelBinding } from "./channel-binding.ts";

/** The peer is gone, or was cut off: whoever waits on the connection is told so. */
export class ConnectionClosed extends Error {
  override readonly name = "ConnectionClosed";
}

/** Output is gathered up to here, then written in one call. */
const FLUSH_BYTES = 65_536;
/** How long a client may take to accept a full buffer; a healthy one takes milliseconds. */
const WRITE_TIMEOUT_MS = 120_000;
const TLS_HANDSHAKE_MS = 30_000;

/** One client's socket, read by pulling and written with back-pressure; TLS can come in between. */
export class Connection {
  #remoteAddress: string;
  #isLoopback: boolean;
  #socket: Socket;
  #secure: boolean;
  #out: Buffer[] = [];
  #outBytes = 0;
  #ended = false;
  #interrupted = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;
  #wakeResting: (() => void) | undefined;
  #parked: (() => Promise<void>) | undefined;
  #wasStuck = false;
  #inflation: Inflation | undefined;
  #atClose: (() => void) | undefined;
  #isGone = false;

  constructor(socket: Socket, secure: boolean) {
    this.#socket = socket;
    this.#secure = secure;
    this.#remoteAddress = plainIp(socket.remoteAddress ?? "");
    this.#isLoopback = isLoopbackIp(this.#remoteAddress);
    this.#listen();
  }

  /** The client's address as `plainIp` writes it; what a proxy says of it where one stands before us. */
  get remoteAddress(): string {
    return this.#remoteAddress;
  }

  /** The client itself is on this machine, not only a proxy before it. */
  get isLoopback(): boolean {
    return this.#isLoopback;
  }

  /** The address of this end, which the client came to; "" behind a proxy that did not say. */
  get localAddress(): string {
    return plainIp(this.#socket.localAddress ?? "");
  }

  /** Believes a proxy about who the client is. @param address null: the proxy does not know it, so it is nobody of this machine
   * @param tls the client speaks TLS with the proxy */
  speaksFor(address: string | null, tls: boolean): void {
    if (tls) this.#secure = true;
    if (address !== null) this.#remoteAddress = plainIp(address);
    this.#isLoopback = address !== null && isLoopbackIp(this.#remoteAddress);
  }

  get isSecure(): boolean {
    return this.#secure;
  }

  /** What binds a sign-in to the TLS that ends here, by the name of the way to it (RFC 5929, RFC 9266). @returns undefined: there is none */
  channelBinding(type: string): Uint8Array | undefined {
    return this.#socket instanceof TLSSocket ? channelBinding(this.#socket, type) : undefined;
  }

  /** Nothing can be read or written any more. */
  get isClosed(): boolean {
    return this.#socket.destroyed || (this.#ended && !this.#hasMoreToInflate());
  }

  get isCompressed(): boolean {
    return this.#inflation !== undefined;
  }

  /** From here on both sides compress (RFC 4978). All that was written must have been flushed, and all that was read used. */
  startCompression(): void {
    this.#inflation ??= new Inflation(() => {
      this.#inflate();
      this.#wakeReader?.();
    });
  }

  #hasMoreToInflate(): boolean {
    const inflation = this.#inflation;
    if (inflation === undefined || inflation.isOver) return false;
    return inflation.isBusy || inflation.hasOutput || this.#socket.readableLength > 0;
  }

  /** Gives the decompressor what has come, a chunk at a time: it takes the next when the last is used up. */
  #inflate(): void {
    const inflation = this.#inflation;
    if (inflation === undefined) return;
    if (inflation.isOver) this.destroy();
    else if (!inflation.isBusy && !inflation.hasOutput) {
      const chunk: unknown = this.#socket.read();
      if (chunk instanceof Uint8Array) inflation.feed(chunk);
    }
  }

  #listen(): void {
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, 60_000);
    this.#socket.on("readable", () => {
      this.#inflate();
      this.#wakeReader?.();
    });
    this.#socket.on("drain", () => this.#wakeWriter?.());
    this.#socket.on("end", () => this.#end());
    this.#socket.on("close", () => this.#gone());
    // What goes wrong with a socket is always followed by "close".
    this.#socket.on("error", () => this.#end());
  }

  /** Calls `done` once when the connection has closed, however that came. */
  atClose(done: () => void): void {
    const before = this.#atClose;
    this.#atClose = () => {
      before?.();
      done();
    };
    if (this.#isGone) this.#gone();
  }

  #gone(): void {
    this.#isGone = true;
    this.#inflation?.end();
    const done = this.#atClose;
    this.#atClose = undefined;
    done?.();
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#wakeReader?.();
    this.#wakeWriter?.();
    this.#wakeResting?.();
  }

  /** Bytes that are there already. */
  take(): Uint8Array | undefined {
    if (this.#inflation !== undefined) {
      this.#inflate();
      return this.#inflation.take();
    }
    const chunk: unknown = this.#socket.read();
    return chunk instanceof Uint8Array ? chunk : undefined;
  }

  /** Something can be taken already. */
  get hasInput(): boolean {
    return this.#inflation === undefined ? this.#socket.readableLength > 0 : this.#inflation.hasOutput;
  }

  /** Gives back octets that were taken: they are the next to be taken, or the first of a TLS handshake. */
  putBack(octets: Uint8Array): void {
    if (octets.length > 0) this.#socket.unshift(octets);
  }

  /** Lets time pass; less of it when the client goes, or the wait is interrupted. */
  async rest(ms: number): Promise<void> {
    if (this.isClosed || this.#interrupted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wakeResting = resolve;
    await promise;
    clearTimeout(timer);
    this.#wakeResting = undefined;
  }

  /** Ends a wait for input, this one or the next, with "woken". */
  interrupt(): void {
    this.#interrupted = true;
    this.#wakeReader?.();
    this.#wakeResting?.();
  }

  /** Waits until there is something to take. @returns "end" when the client is gone and nothing is left to take */
  async waitForInput(timeoutMs: number): Promise<"input" | "end" | "timeout" | "woken"> {
    const now = this.#inputState();
    if (now !== undefined) return now;
    const inTime = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.#wakeReader = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    this.#wakeReader = undefined;
    return this.#inputState() ?? (inTime ? "input" : "timeout");
  }

  /** Lets whoever serves the client return while it has nothing to say, so that nothing is held for it but its socket. `resume` is called
   * when there is input, the client is gone, or somebody interrupts; what it throws ends the connection, as what `serve` throws does. */
  park(resume: () => Promise<void>): void {
    this.#parked = resume;
  }

  /** For whoever called the one that returned: was the connection parked? Then `go` is called once, when it is time to resume. */
  onResume(go: (resume: () => Promise<void>) => void): boolean {
    const resume = this.#parked;
    if (resume === undefined) return false;
    this.#parked = undefined;
    this.#inflation?.rest();
    this.#wakeReader = () => {
      this.#wakeReader = undefined;
      this.#interrupted = false;
      go(resume);
    };
    if (this.#interrupted || this.#inputState() !== undefined) queueMicrotask(() => this.#wakeReader?.());
    return true;
  }

  /** To be asked from time to time of a client that is told something and says nothing: true when it took nothing of what was
   * written since it was asked last. Whoever calls then cuts it off. */
  isStuck(): boolean {
    const was = this.#wasStuck;
    this.#wasStuck = this.#socket.writableLength > 0;
    return was && this.#wasStuck;
  }

  #inputState(): "input" | "end" | "woken" | undefined {
    if (this.#interrupted) {
      this.#interrupted = false;
      return "woken";
    }
    if (this.hasInput) return "input";
    return this.isClosed ? "end" : undefined;
  }

  /** Adds to the output; waits only when the buffer is full. @throws {ConnectionClosed} */
  async write(piece: string | Uint8Array): Promise<void> {
    const bytes =
      typeof piece === "string"
        ? Buffer.from(piece)
        : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    this.#out.push(bytes);
    this.#outBytes += bytes.length;
    if (this.#outBytes >= FLUSH_BYTES) await this.flush();
  }

  /** Sends what was written, and waits until the socket can take more. @throws {ConnectionClosed} */
  async flush(): Promise<void> {
    if (this.#out.length === 0) return;
    const bytes = this.#out.length === 1 ? this.#out[0] : Buffer.concat(this.#out, this.#outBytes);
    this.#out = [];
    this.#outBytes = 0;
    if (this.#socket.destroyed || bytes === undefined) throw new ConnectionClosed();
    const wire = this.#inflation === undefined ? bytes : await deflatePiece(bytes);
    if (this.#socket.write(wire)) return;
    await this.#drained();
  }

  /** A client that stops reading must not hold memory for ever: it is cut off when nothing moves. */
  async #drained(): Promise<void> {
    while (this.#socket.writableNeedDrain) {
      if (this.#socket.destroyed) throw new ConnectionClosed();
      const moved = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), WRITE_TIMEOUT_MS);
        this.#wakeWriter = () => {
          clearTimeout(timer);
          resolve(true);
        };
      });
      this.#wakeWriter = undefined;
      if (!moved) {
        this.destroy();
        throw new ConnectionClosed();
      }
    }
  }

  /** Changes to TLS as the server. What the client sent in clear and was not read is thrown away.
   * @throws {ConnectionClosed} the handshake failed */
  async startTls(secureContext: SecureContext): Promise<void> {
    await this.flush();
    const plain = this.#socket;
    plain.removeAllListeners();
    plain.on("error", () => undefined);
    const secure = new TLSSocket(plain, { isServer: true, secureContext });
    const ok = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), TLS_HANDSHAKE_MS);
      const done = (how: boolean): void => {
        clearTimeout(timer);
        resolve(how);
      };
      secure.once("secure", () => done(true));
      secure.once("error", () => done(false));
      secure.once("close", () => done(false));
    });
    this.#socket = secure;
    this.#secure = true;
    this.#listen();
    if (!ok) {
      this.destroy();
      throw new ConnectionClosed();
    }
  }

  /** Sends what is left and closes; the peer has 2 seconds to take it. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } catch {
      // It is closed already.
    }
    const socket = this.#socket;
    socket.end();
    setTimeout(() => socket.destroy(), 2_000).unref();
  }

  /** Cuts the connection now. */
  destroy(): void {
    this.#socket.destroy();
    this.#end();
  }
}
