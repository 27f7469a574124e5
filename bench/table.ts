import type { Measured } from "./measure.ts";
import type { Target } from "./target.ts";

const COLUMNS = ["accepted/s", "in mailbox/s", "MB/s", "250 p50", "250 p99", "mailbox p50", "mailbox p99"];

/** Prints one load: a line for each system, and one with ours divided by theirs. */
export function printTable(
  mix: string,
  results: ReadonlyMap<Target, readonly Measured[]>,
  say: (line: string) => void,
): void {
  say("");
  say(row(mix, COLUMNS));
  const rates: number[] = [];
  for (const [target, rounds] of results) {
    const of = (pick: (measured: Measured) => number): number => median(rounds.map(pick));
    rates.push(of((m) => m.deliveredPerSecond));
    const cells = [
      of((m) => m.acceptedPerSecond).toFixed(0),
      of((m) => m.deliveredPerSecond).toFixed(0),
      of((m) => m.megabytesPerSecond).toFixed(1),
      ...[
        of((m) => m.reply.p50Ms),
        of((m) => m.reply.p99Ms),
        of((m) => m.delivery.p50Ms),
        of((m) => m.delivery.p99Ms),
      ].map((ms) => `${ms.toFixed(0)} ms`),
    ];
    say(row(`${target.name} (${rounds[0]?.accepted ?? 0} messages)`, cells));
  }
  const [ours, theirs] = rates;
  if (ours !== undefined && theirs !== undefined)
    say(row("ratio, in the mailbox a second", ["", `${(ours / theirs).toFixed(2)} x`]));
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(66) + cells.map((cell) => cell.padStart(13)).join("");
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
