import { z } from "zod";
import type { Mailstore } from "../mailstore/index.ts";
import type { Tenancy } from "../tenants/index.ts";
import type { SealForward } from "./seal-forward.ts";
import type { QueueSignal } from "./queue-signal.ts";

/** One hand-over of a message with its envelope: what JMAP calls an EmailSubmission. */
export const SubmissionId = z.uuid().brand<"Submission">();
export type SubmissionId = z.output<typeof SubmissionId>;

/** What the functions of this module stand on; made once per process. */
export interface Outbound {
  readonly store: Mailstore;
  readonly tenancy: Tenancy;
  readonly queue: QueueSignal;
  /** How this server names itself in what it writes. */
  readonly hostname: string;
  /** Where people reach the web pages (`ANGELIA_PUBLIC_URL`); absent: https at the host name. */
  readonly publicUrl?: string | undefined;
  /** The country of an IP address, two letters (ISO 3166-1); absent: there is no table, and nobody asks where clients are. */
  readonly countryOf?: ((ip: string) => string | null) | undefined;
  /** Where there is nobody who can, mail is sent on unsealed. */
  readonly sealForward?: SealForward;
  /** How many recipients outside a day an agency that is not verified may write to (`ANGELIA_UNVERIFIED_DAILY`); absent: 50. */
  readonly unverifiedDaily?: number | undefined;
  /** RFC 5321's when absent. */
  readonly times?: QueueTimes;
}

/** How long the queue is patient. */
export interface QueueTimes {
  /** A message is tried so long before it goes back. */
  readonly lifeMs: number;
  /** The sender hears once that a message takes longer, after this. */
  readonly delayToldMs: number;
}

/** Queued: not there yet. Yes: in a mailbox here. Unknown: another server has it. No: given up (RFC 8621 §7). */
export type Delivered = "queued" | "yes" | "unknown" | "no";

/** How long a message is tried before it goes back (RFC 5321 §4.5.4.1: 4 to 5 days at least). */
const QUEUE_LIFE_MS = 5 * 86_400_000;

export const DELAY_TOLD_MS = 4 * 3_600_000;

const QUEUE_TIMES: QueueTimes = { lifeMs: QUEUE_LIFE_MS, delayToldMs: DELAY_TOLD_MS };

const UNVERIFIED_DAILY = 50;

export const unverifiedDaily = (outbound: Pick<Outbound, "unverifiedDaily">): number =>
  outbound.unverifiedDaily ?? UNVERIFIED_DAILY;

export function queueTimes({ times }: Outbound): QueueTimes {
  return times ?? QUEUE_TIMES;
}
