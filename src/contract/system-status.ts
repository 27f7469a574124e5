import { z } from "zod";

/** How a scanner of incoming mail is. off: none is set up; down: it is set up and does not answer. */
const ScannerState = z.strictObject({
  name: z.enum(["spam filter", "virus scanner"]),
  state: z.enum(["on", "off", "down"]),
  version: z.string().nullable(),
  /** ISO 8601; null: not asked yet */
  checkedAt: z.iso.datetime().nullable(),
  /** Without hosts and paths: those are the operator's. */
  lastError: z.strictObject({ at: z.iso.datetime(), text: z.string() }).nullable(),
});

/** What works and what does not, for administrators. */
export const SystemStatus = z.strictObject({
  scanners: z.array(ScannerState),
});
export type SystemStatus = z.output<typeof SystemStatus>;
