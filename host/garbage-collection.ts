import { setFlagsFromString } from "node:v8";

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
