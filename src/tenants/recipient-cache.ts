import type { Clock } from "../kernel/ports.ts";
import type { LocalRecipient, RoutedRecipient } from "./recipient.ts";

/** A person who is switched off still gets mail for so long. */
const KEPT_MS = 10_000;
const KEPT_MAX = 100_000;
/** Larger groups are asked for each time: they are few, and their members fill the memory. */
const MAILBOXES_MAX = 50;

type Kept = LocalRecipient | RoutedRecipient;

const hasRoom = (one: LocalRecipient): boolean => one.usedBytes < one.quotaBytes;

/** Whether everybody may have it, and there is nothing to be told of. */
const isPlain = (recipient: Kept): boolean =>
  recipient.kind === "local"
    ? hasRoom(recipient)
    : !recipient.needsProof &&
      recipient.mailboxes.length + recipient.onward.length <= MAILBOXES_MAX &&
      recipient.mailboxes.every(hasRoom);

/** Who was found a moment ago: a busy list asks for the same people again and again. Only those who were found and have room
 * are kept, so a new person gets mail at once, and a full mailbox that was emptied too. */
export class RecipientCache {
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly recipient: Kept; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(address: string): Kept | undefined {
    const kept = this.#kept.get(address);
    return kept !== undefined && kept.until > this.#clock() ? kept.recipient : undefined;
  }

  /** @param address canonical */
  keep(address: string, recipient: Kept): void {
    if (!isPlain(recipient)) return;
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    this.#kept.set(address, { recipient, until: this.#clock() + KEPT_MS });
  }

  /** To be called after a change of addresses, groups or forwards, so that this process follows it at once. */
  clear(): void {
    this.#kept.clear();
  }
}
