import type { TFunction } from "i18next";
import { type Migration, type MigrationMailbox, SourceProblem } from "../../../src/contract/migrations.ts";
import type { Tone } from "../admin/page-parts.tsx";

export const MIGRATION_TONES: Readonly<Record<Migration["state"], Tone>> = {
  draft: "calm",
  running: "wait",
  paused: "wait",
  copied: "good",
  finished: "good",
  cancelled: "calm",
};

export const MAILBOX_TONES: Readonly<Record<MigrationMailbox["state"], Tone>> = {
  waiting: "calm",
  running: "wait",
  done: "good",
  full: "bad",
  failed: "bad",
};

const REASONS = [
  ...SourceProblem.options,
  "full",
  "file_broken",
  "file_too_large",
  "disk_full",
  "no_mailbox",
  "cut",
  "server",
] as const;

/** Why something stands still, in words. */
export function whyNot(t: TFunction, code: string): string {
  const known = REASONS.find((one) => one === code);
  return known === undefined
    ? t("admin.migrations.reasons.internal")
    : t(`admin.migrations.reasons.${known}`);
}

/** What a migration is called when nobody gave it a name. */
export function nameOf(t: TFunction, { name, kind, host }: Migration): string {
  if (name !== "") return name;
  return host === null ? t(`admin.migrations.kinds.${kind}`) : t("admin.migrations.fromHost", { host });
}

/** How far it is, from 0 to 100: by messages, as far as they have been counted. */
export function percentOf({ found, copied, skipped, failed }: Migration["counts"]): number {
  return found === 0 ? 0 : Math.min(100, Math.floor(((copied + skipped + failed) / found) * 100));
}
