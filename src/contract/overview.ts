import { z } from "zod";
import { Direction, EventKind } from "./history.ts";
import { QueueState } from "./queue.ts";

/** `GET /v1/overview`: the agency at a glance. */
export const Overview = z.object({
  domains: z.array(z.object({ name: z.string(), proven: z.boolean() })),
  /** what waits to be sent, by why it waits */
  queue: z.partialRecord(QueueState, z.int()),
  /** what happened to messages that began their way in the last 24 hours: events by kind; the direction stands with the first event
   * of each recipient only */
  day: z.array(z.object({ kind: EventKind, direction: Direction.nullable(), count: z.int() })),
});
export type Overview = z.infer<typeof Overview>;
