import { closeSync, openSync, readSync } from "node:fs";

export interface Delivered {
  /** Copies that reached a mailbox. */
  readonly count: number;
  /** From arrival to the mailbox, as Postfix logs it, in milliseconds; in order of delivery. */
  readonly delaysMs: readonly number[];
}

const CHUNK = 1 << 20;
const SENT = /delay=([\d.]+),.*status=sent/;

/** Counts deliveries in Postfix's log as it grows. */
export class LogTail {
  readonly #path: string;
  readonly #delaysMs: number[] = [];
  #offset = 0;
  #rest = "";

  constructor(path: string) {
    this.#path = path;
  }

  read(): Delivered {
    const file = openSync(this.#path, "r");
    const chunk = Buffer.alloc(CHUNK);
    try {
      for (;;) {
        const length = readSync(file, chunk, 0, CHUNK, this.#offset);
        if (length === 0) break;
        this.#offset += length;
        const lines = (this.#rest + chunk.toString("latin1", 0, length)).split("\n");
        this.#rest = lines.pop() ?? "";
        for (const line of lines) {
          const sent = SENT.exec(line);
          if (sent !== null) this.#delaysMs.push(Number(sent[1]) * 1_000);
        }
      }
    } finally {
      closeSync(file);
    }
    return { count: this.#delaysMs.length, delaysMs: this.#delaysMs };
  }
}
