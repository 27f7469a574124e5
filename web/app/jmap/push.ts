import { StateChange } from "./objects.ts";
import type { Jmap } from "./client.ts";

const TYPES = ["Email", "Mailbox", "Thread"];
const PING_SECONDS = 30;
/** Two pings may be lost on the way; then the stream counts as dead, even if the browser holds it open. */
const SILENCE_MS = (2 * PING_SECONDS + 15) * 1000;
const POLL_MS = 15_000;
const REOPEN_MS = 5_000;

/** Calls `onChange` whenever something in the account may have changed: at once over the event stream
 * (RFC 8620 §7.3), every {@link POLL_MS} while that stream is down, and when the window or the network comes back.
 * @returns stops it */
export function watchChanges(jmap: Jmap, onChange: () => void): () => void {
  let source: EventSource | undefined;
  let lastSignAt = Date.now();
  let reopenTimer: ReturnType<typeof setTimeout> | undefined;
  let missedSome = false;
  let stopped = false;

  function alive(): void {
    lastSignAt = Date.now();
    if (missedSome) {
      missedSome = false;
      onChange();
    }
  }

  function open(): void {
    if (stopped) return;
    source?.close();
    lastSignAt = Date.now();
    const stream = new EventSource(jmap.eventSourceUrl(TYPES, PING_SECONDS));
    source = stream;
    stream.addEventListener("open", alive);
    stream.addEventListener("ping", alive);
    stream.addEventListener("state", (event: MessageEvent<string>) => {
      lastSignAt = Date.now();
      missedSome = false;
      const change = StateChange.safeParse(parseJson(event.data));
      if (!change.success || Object.hasOwn(change.data.changed, jmap.accountId)) onChange();
    });
    stream.addEventListener("error", () => {
      missedSome = true;
      // The browser reopens a stream that broke, but gives up on one that was answered with an error.
      if (stream.readyState !== EventSource.CLOSED) return;
      clearTimeout(reopenTimer);
      reopenTimer = setTimeout(open, REOPEN_MS);
    });
  }

  function healthy(): boolean {
    return source?.readyState === EventSource.OPEN && Date.now() - lastSignAt < SILENCE_MS;
  }

  function back(): void {
    if (document.visibilityState === "hidden") return;
    if (!healthy()) open();
    onChange();
  }

  const poll = setInterval(() => {
    if (healthy()) return;
    if (source?.readyState === EventSource.OPEN) open();
    onChange();
  }, POLL_MS);
  document.addEventListener("visibilitychange", back);
  globalThis.addEventListener("online", back);
  open();

  return () => {
    stopped = true;
    source?.close();
    clearTimeout(reopenTimer);
    clearInterval(poll);
    document.removeEventListener("visibilitychange", back);
    globalThis.removeEventListener("online", back);
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
