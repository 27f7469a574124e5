import type { Clock } from "../kernel/ports.ts";
import type { LocalRecipient } from "./recipient.ts";

/** A person who is switched off still gets mail for so long. */
const KEPT_MS = 10_000;
const KEPT_MAX = 100_000;

/** Who was found a moment ago: a busy list asks for the same people again and again. Only those who were found and have room
 * are kept, so a new person gets mail at once, and a full mailbox that was emptied too. */
export class RecipientCache {
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly recipient: LocalRecipient; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(address: string): LocalRecipient | undefined {
    const kept = this.#kept.get(address);
    return kept !== undefined && kept.until > this.#clock() ? kept.recipient : undefined;
  }

  /** @param address canonical */
  keep(address: string, recipient: LocalRecipient): void {
    if (recipient.usedBytes >= recipient.quotaBytes) return;
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    this.#kept.set(address, { recipient, until: this.#clock() + KEPT_MS });
  }
}
