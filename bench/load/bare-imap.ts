import { connect, type Socket } from "node:net";

/** Of an answer this much is kept, from its beginning and from its end. */
const KEPT = 65_536;

/** What a command was answered. */
export interface BareAnswer {
  /** Octets of the whole answer. */
  readonly bytes: number;
  /** How it begins, and how it ends: the tagged response stands at the end. */
  readonly head: string;
  readonly tail: string;
  /** From the first octet of the command to the last of its answer. */
  readonly ms: number;
}

/** An IMAP client that costs next to nothing: it reads until the tagged response and takes nothing apart. */
export class BareImap {
  readonly #socket: Socket;
  #tag = 0;
  #reading: ((chunk: Buffer) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#reading?.(chunk));
    socket.on("error", (error) => this.#failed?.(error));
    socket.on("close", () => this.#failed?.(new Error("the IMAP server closed the connection")));
  }

  /** Connects, and reads the greeting. */
  static async connect(port: number): Promise<BareImap> {
    const socket = connect({ port, host: "127.0.0.1" });
    const client = new BareImap(socket);
    await client.#until((tail) => tail.endsWith("\r\n"));
    return client;
  }

  /** Runs one command. @throws {Error} when it is not answered with OK */
  async run(command: string | readonly Buffer[]): Promise<BareAnswer> {
    const tag = `q${++this.#tag}x`;
    const end = new RegExp(`(?:^|\r\n)${tag} (OK|NO|BAD)[^\r\n]*\r\n$`);
    const startedAt = performance.now();
    const answered = this.#until((tail) => end.test(tail));
    if (typeof command === "string") this.#socket.write(`${tag} ${command}\r\n`);
    else this.#socket.write(Buffer.concat([Buffer.from(`${tag} `), ...command, Buffer.from("\r\n")]));
    const answer = await answered;
    if (end.exec(answer.tail)?.[1] !== "OK") {
      const said = typeof command === "string" ? command : String(command[0]);
      throw new Error(`${said.slice(0, 80)}: ${answer.tail.slice(-200)}`);
    }
    return { ...answer, ms: performance.now() - startedAt };
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #until(isEnd: (tail: string) => boolean): Promise<Omit<BareAnswer, "ms">> {
    return new Promise((resolve, reject) => {
      let [bytes, head, tail] = [0, "", ""];
      this.#failed = reject;
      this.#reading = (chunk) => {
        bytes += chunk.length;
        if (head.length < KEPT) head += chunk.toString("latin1", 0, KEPT - head.length);
        tail = (tail + chunk.toString("latin1", Math.max(0, chunk.length - KEPT))).slice(-KEPT);
        // The answer to LOGOUT is the last thing that is heard.
        if (isEnd(tail.slice(-1_000))) resolve({ bytes, head, tail });
      };
    });
  }
}
