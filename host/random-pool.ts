import { randomFillSync } from "node:crypto";
import type { RandomBytes } from "../src/kernel/ports.ts";

const POOL_OCTETS = 8_192;

/** Random octets from the system's generator, fetched for many callers at once: a call for 16 octets costs as much as one for 8,192.
 * Each octet is handed out once, and is not kept. */
export function newRandomPool(): RandomBytes {
  const pool = new Uint8Array(POOL_OCTETS);
  let at = POOL_OCTETS;
  return (length) => {
    if (length > POOL_OCTETS / 8) return randomFillSync(new Uint8Array(length));
    if (at + length > POOL_OCTETS) {
      randomFillSync(pool);
      at = 0;
    }
    const taken = pool.slice(at, at + length);
    pool.fill(0, at, at + length);
    at += length;
    return taken;
  };
}
