import { Agent, type ClientRequest, request } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { BlobSource } from "../../src/blob/index.ts";
import { ScannerError } from "./scanner.ts";

/** Answers are short; what is longer is none of ours. */
const ANSWER_MAX = 4 << 20;
const IDLE_MS = 30_000;

export interface Answer {
  readonly status: number;
  /** the Server field */
  readonly server: string | null;
  readonly body: string;
}

export interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: BlobSource | null;
  /** for all of it */
  readonly timeoutMs: number;
}

/** Talks to one HTTP server on connections that stay open; bodies stream. */
export class HttpClient {
  readonly #base: URL;
  readonly #agent: Agent;

  constructor(base: string, connections: number) {
    this.#base = new URL(base);
    const options = { keepAlive: true, maxSockets: connections, timeout: IDLE_MS };
    this.#agent = this.#base.protocol === "https:" ? new TlsAgent(options) : new Agent(options);
  }

  /** @throws {ScannerError} no whole answer in time */
  async call(call: Call): Promise<Answer> {
    const signal = AbortSignal.timeout(call.timeoutMs);
    try {
      return await this.#once(call, signal);
    } catch (error) {
      // A connection that was open may have been closed by the other side just now: that says nothing about the server.
      if (!(error instanceof Stale)) throw asScannerError(error, signal, call.timeoutMs);
    }
    try {
      return await this.#once(call, signal);
    } catch (error) {
      throw asScannerError(error instanceof Stale ? error.cause : error, signal, call.timeoutMs);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #once({ method, path, headers, body }: Call, signal: AbortSignal): Promise<Answer> {
    const url = new URL(`${this.#base.pathname.replace(/\/$/, "")}${path}`, this.#base);
    const send = this.#base.protocol === "https:" ? tlsRequest : request;
    const sent = send(url, {
      method,
      agent: this.#agent,
      signal,
      headers: { ...headers, "content-length": String(body?.size ?? 0) },
    });
    const answer = readAnswer(sent);
    answer.catch(() => undefined);
    try {
      if (body === null) sent.end();
      else await pipeline(Readable.from(body.chunks()), sent);
      return await answer;
    } catch (error) {
      // A server may answer and close before it has read all.
      const early = await Promise.race([answer.catch(() => null), Promise.resolve(null)]);
      if (early !== null) return early;
      if (sent.reusedSocket && !signal.aborted) throw new Stale("stale", { cause: error });
      throw error;
    }
  }
}

class Stale extends Error {}

function readAnswer(sent: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", (response) => {
      const pieces: Buffer[] = [];
      let size = 0;
      response.on("data", (piece: Buffer) => {
        size += piece.length;
        if (size > ANSWER_MAX) sent.destroy(new Error("the answer is too long"));
        else pieces.push(piece);
      });
      response.once("error", reject);
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          server: asText(response.headers["server"]),
          body: Buffer.concat(pieces).toString(),
        }),
      );
    });
  });
}

const asText = (value: string | string[] | undefined): string | null =>
  typeof value === "string" ? value : null;

function asScannerError(error: unknown, signal: AbortSignal, timeoutMs: number): ScannerError {
  if (signal.aborted) return new ScannerError(`no answer within ${timeoutMs} ms`, { cause: error });
  return new ScannerError(error instanceof Error ? error.message : String(error), { cause: error });
}
