import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Tells the garbage collector how to treat buffers. Called first of all.
 *
 * V8 collects the whole heap whenever some tens of megabytes of buffers have come and gone, however little there is to find:
 * after every second message of 5 MB, which cost as much as all other work on it together. Counted as a part of the heap, buffers
 * are collected when heap and buffers have doubled. Measured with 20 clients that send 5 MB each: 33 ms of processor time
 * a message, not 57; with 100 KB each: 2.5 ms, not 3.5. The price is memory under load: 380 MB at most in these runs, not 310,
 * and 485 MB with 100 clients that send 250 KB each. */
export function tuneGarbageCollection(): void {
  setFlagsFromString("--external-memory-accounted-in-global-limit");
  setFlagsFromString("--heap-growing-percent=100");
}

/** How often it is looked whether there is something to give back. */
const LOOK_MS = 5_000;
/** Busier than this, nobody stops it to tidy up. */
const QUIET_SHARE = 0.1;
/** What it takes must have grown by a quarter and by so much since the last time. */
const GROWTH = 1.25;
const GROWTH_BYTES = 64 * 1_048_576;

type Collect = (options: {
  readonly type: "major";
  readonly execution: "sync";
  readonly flavor: "last-resort";
}) => void;
const isCollect = (value: unknown): value is Collect => typeof value === "function";

/** Gives memory back to the system when the process has grown and is quiet: after thousands of clients have signed in, V8 keeps all that it
 * needed for their garbage, for as long as they idle. Measured with 2,000 idle sessions: 268 MB before, 133 MB after. It takes some tenths of a second,
 * seldom, and never while there is work.
 * @returns a function that ends it */
export function giveBackMemory(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  let last = performance.eventLoopUtilization();
  let leftBytes = 0;
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    const takenBytes = process.memoryUsage.rss();
    if (utilization > QUIET_SHARE || takenBytes < leftBytes * GROWTH + GROWTH_BYTES || !isCollect(collect))
      return;
    collect({ type: "major", execution: "sync", flavor: "last-resort" });
    leftBytes = process.memoryUsage.rss();
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
