import { z } from "zod";
import type { BlobSource } from "../../src/blob/index.ts";
import { type Answer, HttpClient } from "./http-client.ts";
import { type Envelope, ScannerError } from "./scanner.ts";

/** A message may wait for look-ups of its own; Rspamd itself gives up after 8 s by default. */
const CHECK_MS = 30_000;
const LEARN_MS = 30_000;
const PING_MS = 5_000;
/** Spam is small. What is larger is not sent: its cost is that of many others. */
export const SPAM_CHECK_MAX = 20 << 20;
const CONNECTIONS = 32;

export interface RspamdSettings {
  /** of a worker that checks: `http://127.0.0.1:11333` */
  readonly url: string;
  /** of the controller, which learns: `http://127.0.0.1:11334` */
  readonly controllerUrl: string;
  /** of the controller; it needs none from addresses that it trusts */
  readonly password: string | undefined;
}

/** What Rspamd says of a message. */
export interface SpamVerdict {
  readonly score: number;
  /** `no action`, `greylist`, `add header`, `rewrite subject`, `soft reject`, `reject` */
  readonly action: string;
  /** Names of the rules that hold, those that weigh most first. */
  readonly symbols: readonly string[];
  /** A rule has the last word, and the score says nothing: GTUBE, or what the operator has told Rspamd to refuse always. */
  readonly isForced: boolean;
}

/** `known`: it was learned before. `useless`: there is too little in it. */
export type Learned = "learned" | "known" | "useless";

const Checked = z.object({
  score: z.number(),
  action: z.string(),
  is_skipped: z.boolean().default(false),
  symbols: z.record(z.string(), z.object({ score: z.number().default(0) })).default({}),
});

/** Rspamd over its HTTP interface (https://docs.rspamd.com/developers/protocol). */
export class Rspamd {
  readonly #worker: HttpClient;
  readonly #controller: HttpClient;
  readonly #password: string | undefined;
  readonly address: string;

  constructor({ url, controllerUrl, password }: RspamdSettings) {
    this.address = url;
    this.#worker = new HttpClient(url, CONNECTIONS);
    this.#controller = new HttpClient(controllerUrl, 2);
    this.#password = password;
  }

  /** @throws {ScannerError} */
  async check(content: BlobSource, envelope: Envelope): Promise<SpamVerdict> {
    const answer = await this.#worker.call({
      method: "POST",
      path: "/checkv2",
      headers: headersOf(envelope),
      body: content,
      timeoutMs: CHECK_MS,
    });
    const checked = answer.status === 200 ? Checked.safeParse(parsed(answer)) : undefined;
    if (checked?.success !== true) throw new ScannerError(complaint(answer));
    const { score, action, symbols, is_skipped: isForced } = checked.data;
    const names = Object.entries(symbols).toSorted(([, a], [, b]) => Math.abs(b.score) - Math.abs(a.score));
    return { score, action, symbols: names.map(([name]) => name), isForced };
  }

  /** Teaches that a message is spam, or that it is none. Teaching the same thing again changes nothing, and teaching the opposite
   * takes back what was learned. @throws {ScannerError} */
  async learn(kind: "spam" | "ham", content: BlobSource): Promise<Learned> {
    const answer = await this.#controller.call({
      method: "POST",
      path: `/learn${kind}`,
      headers: this.#password === undefined ? {} : { password: this.#password },
      body: content,
      timeoutMs: LEARN_MS,
    });
    if (answer.status === 200) return "learned";
    if (answer.status === 208) return "known";
    if (answer.status === 204 || /too few|not enough|no tokens|empty/i.test(answer.body)) return "useless";
    throw new ScannerError(complaint(answer));
  }

  /** `rspamd/3.4`. @throws {ScannerError} it does not answer */
  async version(): Promise<string> {
    const answer = await this.#worker.call({
      method: "GET",
      path: "/ping",
      headers: {},
      body: null,
      timeoutMs: PING_MS,
    });
    if (answer.status !== 200 || !answer.body.startsWith("pong")) throw new ScannerError(complaint(answer));
    return answer.server ?? "rspamd";
  }

  close(): void {
    this.#worker.close();
    this.#controller.close();
  }
}

/** Teaches Rspamd; a function for those who hold one that may be missing. @returns null: there is no Rspamd */
export function learn(
  rspamd: Rspamd | null,
  kind: "spam" | "ham",
  content: BlobSource,
): Promise<Learned | null> {
  return rspamd === null ? Promise.resolve(null) : rspamd.learn(kind, content);
}

function headersOf({
  id,
  mailFrom,
  recipients,
  ip,
  helo,
  reverseName,
}: Envelope): Record<string, string | string[]> {
  return {
    "queue-id": id,
    from: ascii(mailFrom),
    rcpt: recipients.map(ascii),
    ip,
    ...(helo === null ? {} : { helo: ascii(helo) }),
    ...(reverseName === null ? {} : { hostname: ascii(reverseName) }),
  };
}

/** A header value: octets of UTF-8, as they are (Node writes each character as one octet). */
const ascii = (text: string): string => Buffer.from(text.replace(/\p{Cc}+/gu, " ")).toString("latin1");

function parsed({ body }: Answer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function complaint(answer: Answer): string {
  const told = z.object({ error: z.string() }).safeParse(parsed(answer));
  return `HTTP ${answer.status}: ${told.success ? told.data.error : answer.body.slice(0, 200)}`;
}
