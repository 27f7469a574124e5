import type { SmtpClient } from "./smtp-client.ts";

/** What the EHLO reply offers: upper-case keyword and what follows it. */
export type Extensions = ReadonlyMap<string, string>;

/** A connection over which messages can be sent. */
export interface Session {
  readonly client: SmtpClient;
  readonly extensions: Extensions;
  /** The host's name. */
  readonly mta: string;
  /** How it is protected, for people; undefined: clear text. */
  readonly tls: string | undefined;
  /** What it can be used for: pool, address and TLS. */
  readonly key: string;
  /** Messages that went over it. */
  used: number;
}

interface Idle {
  readonly session: Session;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Connections that wait for the next message to the same host: no new TCP, TLS and EHLO for each. */
export class SessionPool {
  readonly #idleMs: number;
  readonly #idleMax: number;
  readonly #messagesMax: number;
  /** By key; the one that was used last is taken first. */
  readonly #idle = new Map<string, Idle[]>();
  #count = 0;
  #isClosed = false;

  constructor({
    idleMs,
    idleMax,
    messagesMax,
  }: {
    readonly idleMs: number;
    readonly idleMax: number;
    readonly messagesMax: number;
  }) {
    this.#idleMs = idleMs;
    this.#idleMax = idleMax;
    this.#messagesMax = messagesMax;
  }

  /** A connection that is still open, as far as can be seen. */
  take(key: string): Session | undefined {
    for (const list = this.#idle.get(key) ?? []; ;) {
      const next = list.pop();
      if (next === undefined) {
        this.#idle.delete(key);
        return undefined;
      }
      this.#count--;
      clearTimeout(next.timer);
      if (!next.session.client.isOver) return next.session;
      next.session.client.destroy();
    }
  }

  /** Keeps a connection for the next message, or says goodbye: after many messages, or when too many wait. */
  async put(session: Session): Promise<void> {
    if (this.#isClosed || session.used >= this.#messagesMax || this.#count >= this.#idleMax)
      return session.client.quit();
    const list = this.#idle.get(session.key) ?? [];
    this.#idle.set(session.key, list);
    const idle: Idle = {
      session,
      timer: setTimeout(() => {
        const at = list.indexOf(idle);
        if (at < 0) return;
        list.splice(at, 1);
        this.#count--;
        if (list.length === 0 && this.#idle.get(session.key) === list) this.#idle.delete(session.key);
        void session.client.quit();
      }, this.#idleMs),
    };
    list.push(idle);
    this.#count++;
  }

  /** Says goodbye on all of them; what comes back later is ended too. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#idle.values()].flat();
    this.#idle.clear();
    this.#count = 0;
    for (const { session, timer } of all) {
      clearTimeout(timer);
      await session.client.quit();
    }
  }
}
