import type { DkimKey, Slot } from "./dkim-key.ts";

export interface RotationTimes {
  /** How long a key signs. */
  readonly rotationMs: number;
  /** How long the next key stands in the DNS before it signs: caches that still know the slot's old record must forget it. */
  readonly waitMs: number;
  /** How long the record of a key that signs no more stays: mail on its way is verified with it (queues live 5 days). */
  readonly keepMs: number;
}

const DAY_MS = 86_400_000;
export const ROTATION_DEFAULTS: RotationTimes = {
  rotationMs: 90 * DAY_MS,
  waitMs: 3 * DAY_MS,
  keepMs: 7 * DAY_MS,
};

/** The next thing to do with the slots of one domain and algorithm.
 * `look`: ask the DNS whether the key in this slot can be seen, and activate it then; if not, the old one goes on. */
export type RotationStep =
  | { readonly kind: "wait" }
  | { readonly kind: "make"; readonly slot: Slot }
  | { readonly kind: "look"; readonly slot: Slot }
  | { readonly kind: "revoke"; readonly slot: Slot };

const WAIT: RotationStep = { kind: "wait" };

/** @param keys what stands in the slots of one algorithm, at most one each
 * @param isForced the next key is made now, whatever the age of the present one */
export function decideRotation(
  keys: readonly DkimKey[],
  now: number,
  times: RotationTimes,
  isForced = false,
): RotationStep {
  const active = keys.find((key) => key.state === "active");
  const next = keys.find((key) => key.state === "published");
  if (next !== undefined) {
    // The first key of a domain replaces nothing, so no cache can know anything else in its place for long.
    const isDue = active === undefined || now - next.publishedAt >= times.waitMs;
    return isDue ? { kind: "look", slot: next.slot } : WAIT;
  }
  if (active === undefined) return { kind: "make", slot: idleSlot(keys) };
  const other = keys.find((key) => key.slot !== active.slot);
  if (other?.state === "retired")
    return now - (other.retiredAt ?? now) >= times.keepMs ? { kind: "revoke", slot: other.slot } : WAIT;
  const isOld = now - (active.activatedAt ?? now) >= times.rotationMs;
  return isForced || isOld ? { kind: "make", slot: active.slot === 1 ? 2 : 1 } : WAIT;
}

/** Where the key stands that takes over at once: the next one if there is one, else one to be made. What is in its slot and only verifies
 * what is on its way gives way: an hour of caches that know the old record is less than a key in other hands. */
export function decideUrgent(keys: readonly DkimKey[]): { readonly slot: Slot; readonly isThere: boolean } {
  const next = keys.find((key) => key.state === "published");
  if (next !== undefined) return { slot: next.slot, isThere: true };
  const active = keys.find((key) => key.state === "active");
  return { slot: active === undefined ? idleSlot(keys) : active.slot === 1 ? 2 : 1, isThere: false };
}

function idleSlot(keys: readonly DkimKey[]): Slot {
  const first = keys.find((key) => key.slot === 1);
  return first === undefined || first.state === "revoked" ? 1 : 2;
}
