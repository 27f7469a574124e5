import type { Jmap } from "../../app/jmap/client.ts";
import { EmailSummary, SUMMARY_PROPERTIES, getResult } from "../../app/jmap/objects.ts";

interface Waiting {
  resolve(email: EmailSummary | null): void;
  reject(error: unknown): void;
}

/** Rows that come into view together ask for their messages together. */
const GATHER_MS = 15;
const MAX_PER_CALL = 250;

let waiting = new Map<string, Waiting[]>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** One message for a row of the list; many calls within a moment become one request. null: it is gone. */
export function loadSummary(jmap: Jmap, id: string): Promise<EmailSummary | null> {
  return new Promise((resolve, reject) => {
    waiting.set(id, [...(waiting.get(id) ?? []), { resolve, reject }]);
    timer ??= setTimeout(() => {
      timer = undefined;
      const all = [...waiting];
      waiting = new Map();
      for (let at = 0; at < all.length; at += MAX_PER_CALL)
        void fetchSome(jmap, all.slice(at, at + MAX_PER_CALL));
    }, GATHER_MS);
  });
}

async function fetchSome(
  jmap: Jmap,
  some: readonly (readonly [string, readonly Waiting[]])[],
): Promise<void> {
  try {
    const args = { ids: some.map(([id]) => id), properties: SUMMARY_PROPERTIES };
    const { list } = await jmap.call("Email/get", args, getResult(EmailSummary));
    const byId = new Map(list.map((email) => [email.id, email]));
    for (const [id, readers] of some) for (const reader of readers) reader.resolve(byId.get(id) ?? null);
  } catch (error) {
    for (const [, readers] of some) for (const reader of readers) reader.reject(error);
  }
}
