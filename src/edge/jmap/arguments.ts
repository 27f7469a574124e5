import { z } from "zod";
import { JmapError } from "./method.ts";
import { JMAP_LIMITS } from "./jmap-limits.ts";

const Ids = z.array(z.string().min(1).max(256));
const Patches = z.record(z.string(), z.record(z.string(), z.unknown()));

/** UnsignedInt of RFC 8620 §1.3. */
export const UnsignedInt = z.int().nonnegative();

/** `/get` (RFC 8620 §5.1) */
export const GetArguments = z.strictObject({
  accountId: z.string(),
  ids: Ids.nullish(),
  properties: z.array(z.string()).nullish(),
});
export type GetArguments = z.output<typeof GetArguments>;

/** `/changes` (RFC 8620 §5.2) */
export const ChangesArguments = z.strictObject({
  accountId: z.string(),
  sinceState: z.string(),
  maxChanges: UnsignedInt.min(1).nullish(),
});

/** `/set` (RFC 8620 §5.3) */
export const SetArguments = z.strictObject({
  accountId: z.string(),
  ifInState: z.string().nullish(),
  create: Patches.nullish(),
  update: Patches.nullish(),
  destroy: Ids.nullish(),
});
export type SetArguments = z.output<typeof SetArguments>;

export const Comparator = z.strictObject({
  property: z.string(),
  isAscending: z.boolean().default(true),
  collation: z.string().optional(),
  keyword: z.string().optional(),
});
export type Comparator = z.output<typeof Comparator>;

/** `/query` (RFC 8620 §5.5); the filter is read by the type that it is for */
export const QueryArguments = z.strictObject({
  accountId: z.string(),
  filter: z.record(z.string(), z.unknown()).nullish(),
  sort: z.array(Comparator).max(16).nullish(),
  position: z.int().default(0),
  anchor: z.string().nullish(),
  anchorOffset: z.int().default(0),
  limit: UnsignedInt.nullish(),
  calculateTotal: z.boolean().default(false),
});
export type QueryArguments = z.output<typeof QueryArguments>;

/** `/queryChanges` (RFC 8620 §5.6) */
export const QueryChangesArguments = z.strictObject({
  accountId: z.string(),
  filter: z.record(z.string(), z.unknown()).nullish(),
  sort: z.array(Comparator).max(16).nullish(),
  sinceQueryState: z.string(),
  maxChanges: UnsignedInt.min(1).nullish(),
  upToId: z.string().nullish(),
  calculateTotal: z.boolean().default(false),
});

/** @throws {JmapError} requestTooLarge */
export function checkGetSize(ids: readonly string[] | null | undefined): void {
  if ((ids?.length ?? 0) > JMAP_LIMITS.maxObjectsInGet) throw new JmapError("requestTooLarge");
}

/** @throws {JmapError} requestTooLarge */
export function checkSetSize({ create, update, destroy }: SetArguments): void {
  const count = Object.keys(create ?? {}).length + Object.keys(update ?? {}).length + (destroy?.length ?? 0);
  if (count > JMAP_LIMITS.maxObjectsInSet) throw new JmapError("requestTooLarge");
}

/** The change counter that a state string is. @throws {JmapError} cannotCalculateChanges, when it is none of ours */
export function counterOf(state: string, now: number): number {
  const counter = /^\d{1,15}$/.test(state) ? Number(state) : Infinity;
  if (counter > now) throw new JmapError("cannotCalculateChanges");
  return counter;
}

/** The properties to answer with; `id` is always one (RFC 8620 §5.1). @throws {JmapError} invalidArguments */
export function chosenProperties<P extends string>(
  wanted: readonly string[] | null | undefined,
  known: readonly P[],
): ReadonlySet<P> {
  if (wanted === null || wanted === undefined) return new Set(known);
  const chosen = new Set<P>();
  for (const name of ["id", ...wanted]) {
    const property = known.find((one) => one === name);
    if (property === undefined) throw new JmapError("invalidArguments", `unknown property ${name}`);
    chosen.add(property);
  }
  return chosen;
}

/** A record's chosen properties. */
export function pick(record: Readonly<Record<string, unknown>>, chosen: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(record).filter(([name]) => chosen.has(name)));
}
