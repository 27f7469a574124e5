import { promisify } from "node:util";
import { constants, createInflateRaw, deflateRaw, deflateRawSync, type InflateRaw } from "node:zlib";

const deflateLater = promisify(deflateRaw);

/** From here on compressing takes a millisecond: other clients are served meanwhile. */
const LATER_BYTES = 16_384;
/** Good enough for text; the best takes four times as long for a few percent. */
const LEVEL = 4;

/** Compresses what goes out at one time (RFC 1951). Each piece refers to nothing before it, so that no window of 32 KB and no table of 256 KB
 * is kept for a client between its answers; any decompressor reads the pieces as one stream. */
export async function deflatePiece(bytes: Uint8Array): Promise<Uint8Array> {
  const windowBits = Math.min(15, Math.max(9, Math.ceil(Math.log2(bytes.length + 1))));
  const finishFlush = constants.Z_SYNC_FLUSH;
  const options = { level: LEVEL, windowBits, memLevel: Math.min(8, windowBits - 6), finishFlush };
  return bytes.length < LATER_BYTES ? deflateRawSync(bytes, options) : deflateLater(bytes, options);
}

/** So far back a stream may refer (RFC 1951 §2). */
const WINDOW_BYTES = 32_768;
/** How a peer ends what it wants to be read now: an empty stored block. */
const FLUSHED = [0x00, 0x00, 0xff, 0xff] as const;
const NONE = new Uint8Array(0);

/** Decompresses what a client sends, as much at a time as is read. While the client says nothing only what it may refer to is kept, and
 * that is what it has said, 32 KB at most. */
export class Inflation {
  readonly #wake: () => void;
  #stream: InflateRaw | undefined;
  #window: Uint8Array = NONE;
  /** The last octets that went in. */
  #last: number[] = [];
  #isBusy = false;
  /** What came is no such stream, or its end: nothing more can be read. */
  isOver = false;

  /** @param wake called when there is something to take, or more can be fed */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** What was fed is still being worked on, or waits until what came of it is taken. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  get hasOutput(): boolean {
    return (this.#stream?.readableLength ?? 0) > 0;
  }

  /** Takes octets from the client; not while it is busy. */
  feed(octets: Uint8Array): void {
    this.#stream ??= this.#begin();
    this.#isBusy = true;
    this.#last = [...this.#last, ...octets.subarray(-FLUSHED.length)].slice(-FLUSHED.length);
    this.#stream.write(octets, () => {
      this.#isBusy = false;
      this.#wake();
    });
  }

  /** What has come of it. */
  take(): Uint8Array | undefined {
    const chunk: unknown = this.#stream?.read();
    if (!(chunk instanceof Uint8Array)) return undefined;
    const joined = new Uint8Array(Math.min(WINDOW_BYTES, this.#window.length + chunk.length));
    const kept = joined.length - Math.min(joined.length, chunk.length);
    joined.set(this.#window.subarray(this.#window.length - kept));
    joined.set(chunk.subarray(Math.max(0, chunk.length - joined.length)), kept);
    this.#window = joined;
    return chunk;
  }

  /** Nothing is expected for now. What decompresses is let go, where the client has flushed: a new one goes on from what it may refer to. */
  rest(): void {
    const isFlushed = FLUSHED.every((octet, i) => this.#last[i] === octet);
    if (this.#stream === undefined || this.#isBusy || this.hasOutput || this.isOver || !isFlushed) return;
    this.#stream.removeAllListeners();
    this.#stream.destroy();
    this.#stream = undefined;
  }

  end(): void {
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  #begin(): InflateRaw {
    const dictionary = this.#window.length === 0 ? {} : { dictionary: this.#window };
    const stream = createInflateRaw({ ...dictionary, finishFlush: constants.Z_SYNC_FLUSH });
    const over = (): void => {
      this.isOver = true;
      this.#isBusy = false;
      this.#wake();
    };
    stream.on("readable", this.#wake);
    stream.on("error", over);
    stream.on("end", over);
    return stream;
  }
}
