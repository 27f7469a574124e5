import { z } from "zod";
import { Draft } from "./draft.ts";

/** Copies in this browser of what the server doesn't have yet: a crash, a dead network or an ended session loses no word. */
const Copies = z.record(z.string(), Draft);
type Copies = z.infer<typeof Copies>;

function storageKey(address: string): string {
  return `angelia.unsaved.${address.toLowerCase()}`;
}

function read(address: string): Copies {
  try {
    return Copies.parse(JSON.parse(localStorage.getItem(storageKey(address)) ?? "{}"));
  } catch {
    return {};
  }
}

function write(address: string, copies: Copies): void {
  try {
    if (Object.keys(copies).length === 0) localStorage.removeItem(storageKey(address));
    else localStorage.setItem(storageKey(address), JSON.stringify(copies));
  } catch {
    // A full or forbidden storage leaves the copy on the server, which is saved seconds later.
  }
}

export function keepLocalCopy(address: string, draft: Draft): void {
  write(address, { ...read(address), [draft.key]: draft });
}

export function dropLocalCopy(address: string, key: string): void {
  const { [key]: _, ...others } = read(address);
  write(address, others);
}

/** Marks a draft as open in this window, until the window closes or `release` is called. */
export function holdDraft(key: string): { release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  void navigator.locks?.request(lockName(key), () => promise);
  return { release: resolve };
}

function lockName(key: string): string {
  return `angelia.draft.${key}`;
}

/** The copies that no window has open: what was left behind. */
export async function abandonedCopies(address: string): Promise<readonly Draft[]> {
  const held = new Set((await navigator.locks?.query())?.held?.map(({ name }) => name));
  return Object.values(read(address)).filter(({ key }) => !held.has(lockName(key)));
}
