import { visitHeaders } from "../../src/protocol/header/index.ts";

/** RFC 5321 §6.3: loops are found by counting Received fields, real paths have about ten. */
export const RECEIVED_MAX = 50;

/** How many Received fields stand in the header at the start of a message. */
export function countReceived(start: Uint8Array): number {
  let count = 0;
  visitHeaders(start, 0, start.length, (from, nameEnd) => {
    if (nameEnd - from !== RECEIVED.length) return;
    for (let i = 0; i < RECEIVED.length; i++)
      if (((start[from + i] ?? 0) | 32) !== RECEIVED.charCodeAt(i)) return;
    count += 1;
  });
  return count;
}

const RECEIVED = "received";
