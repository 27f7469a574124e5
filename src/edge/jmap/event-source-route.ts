import type { Handler } from "hono";
import { readModseq } from "../../mailstore/index.ts";
import { printId } from "../../protocol/jmap/index.ts";
import type { EdgeDeps } from "../deps.ts";
import { MailError } from "../../kernel/error.ts";
import type { SignedInEnv } from "../middleware/authenticate.ts";
import { Concurrency } from "./concurrency.ts";

/** Types whose state is the account's change counter. Identity has a state of its own and is not pushed. */
const PUSHED_TYPES = ["Email", "EmailDelivery", "EmailSubmission", "Mailbox", "Thread"] as const;
/** A mailing that arrives in hundreds is told a few times a second. */
const GATHER_MS = 100;
/** Open streams of one account in this process. */
const STREAMS_MAX = 64;
const PING_SECONDS = { least: 5, most: 300 };

interface Wishes {
  readonly types: readonly string[];
  readonly closeAfterState: boolean;
  /** 0: none */
  readonly pingSeconds: number;
}

/** RFC 8620 §7.3 @throws {MailError} invalid_input */
function parseWishes(query: Readonly<Record<string, string>>): Wishes {
  const { types = "*", closeafter = "no", ping = "0" } = query;
  if (!["state", "no"].includes(closeafter) || !/^\d{1,9}$/.test(ping))
    throw new MailError("invalid_input", { query });
  const seconds = Number(ping);
  const wanted = types.split(",");
  return {
    types: PUSHED_TYPES.filter((type) => types === "*" || wanted.includes(type)),
    closeAfterState: closeafter === "state",
    pingSeconds: seconds === 0 ? 0 : Math.min(PING_SECONDS.most, Math.max(PING_SECONDS.least, seconds)),
  };
}

/** `GET /jmap/eventsource` (RFC 8620 §7.3): tells that something changed within a fraction of a second, in whatever process. */
export function eventSourceRoute({ store, log }: EdgeDeps): Handler<SignedInEnv> {
  const concurrency = new Concurrency(STREAMS_MAX);
  return (c) => {
    const { tenantId, accountId } = c.get("principal");
    const wishes = parseWishes(c.req.query());
    const leave = concurrency.enter(accountId);
    if (leave === null) throw new MailError("rate_limited", { retryAfterMs: 30_000 });
    const encoder = new TextEncoder();
    /** What the client knows already: a reconnection says it. */
    let known = Number(/^\d{1,15}$/.exec(c.req.header("last-event-id") ?? "")?.[0] ?? Number.NaN);
    let end = leave;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        let gathering: ReturnType<typeof setTimeout> | null = null;
        let isOpen = true;
        const send = (text: string): void => {
          if (isOpen) controller.enqueue(encoder.encode(text));
        };
        const look = async (): Promise<void> => {
          gathering = null;
          try {
            const modseq = await store.db.tenant(tenantId, (tx) => readModseq(tx, accountId));
            const isFirst = Number.isNaN(known);
            const isNews = !isFirst && modseq !== known;
            known = modseq;
            if (!isNews || !isOpen || wishes.types.length === 0) return;
            const states = Object.fromEntries(wishes.types.map((type) => [type, String(modseq)]));
            const change = { "@type": "StateChange", changed: { [printId("account", accountId)]: states } };
            send(`event: state\nid: ${modseq}\ndata: ${JSON.stringify(change)}\n\n`);
            if (wishes.closeAfterState) {
              end();
              controller.close();
            }
          } catch (error) {
            // The account is gone or the database is away: the client comes back by itself.
            log.warn("jmap.push_failed", { error });
            if (!isOpen) return;
            end();
            controller.close();
          }
        };
        const soon = (delayMs: number): void => {
          gathering ??= setTimeout(() => void look(), delayMs);
        };
        const unwatch = store.changes.watch(tenantId, accountId, () => soon(GATHER_MS));
        const pinging =
          wishes.pingSeconds === 0
            ? null
            : setInterval(
                () => send(`event: ping\ndata: {"interval":${wishes.pingSeconds}}\n\n`),
                wishes.pingSeconds * 1000,
              );
        end = () => {
          if (!isOpen) return;
          isOpen = false;
          clearTimeout(gathering);
          clearInterval(pinging);
          unwatch();
          leave();
        };
        c.req.raw.signal.addEventListener("abort", () => end());
        // The headers go out with the first octets; a comment is nothing to the client (HTML, "Server-sent events").
        send(": open\n\n");
        soon(0);
      },
      cancel() {
        end();
      },
    });
    return Promise.resolve(
      c.body(stream, 200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        // Proxies that gather what passes through hold events back.
        "x-accel-buffering": "no",
      }),
    );
  };
}
