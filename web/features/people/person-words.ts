import type { Person } from "../../../src/contract/people.ts";
import type { Tone } from "../admin/page-parts.tsx";

export const PERSON_TONES: Readonly<Record<Person["state"], Tone>> = {
  active: "good",
  invited: "wait",
  disabled: "bad",
  removed: "calm",
};

/** As lists of people count: what programs and file managers call GB. */
const GB = 2 ** 30;

/** A number of GB that was typed, with a comma or a point. @returns octets; undefined when it is none */
export function readQuota(typed: string): number | undefined {
  const value = Number(typed.trim().replace(",", "."));
  return typed.trim() === "" || !Number.isFinite(value) || value < 0.01 || value > 10_000
    ? undefined
    : Math.round(value * GB);
}

/** Octets as a number of GB, for a field: `5`, `0.5`. */
export const writeQuota = (octets: number): string => String(Math.round((octets / GB) * 100) / 100);
