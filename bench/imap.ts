import { dovecotUnavailable } from "../test/support/dovecot.ts";
import { fill } from "./imap-fill.ts";
import { measureMix, type Step, STEPS, warmUp } from "./imap-mix.ts";
import { type ImapTarget, startImapAngelia, startImapDovecot } from "./imap-targets.ts";
import { describeMachine } from "./machine.ts";

export interface ImapOptions {
  /** Messages in each mailbox that is measured. */
  readonly sizes: readonly number[];
  /** Most messages of one mailbox that differ: the others are copies. */
  readonly distinct: number;
  readonly connections: number;
  /** So long each server is measured with each mailbox; at least once through the mix. */
  readonly seconds: number;
  readonly format: "mdbox" | "maildir";
  readonly only: "angelia" | "peer" | undefined;
}

const DOMAIN = "bench.test";

interface Figures {
  readonly p50: number;
  readonly p99: number;
}

/** Measures what a mail program does by IMAP, beside Dovecot on the same disk, in turn, with the same mailboxes. */
export async function benchImap(options: ImapOptions, say: (line: string) => void): Promise<void> {
  say(describeMachine());
  const targets = await startTargets(options, say);
  // of opening a mailbox and listing its last page, by server and size
  const opening = new Map<string, number[]>();
  try {
    for (const [n, size] of options.sizes.entries()) {
      const user = `u${n}@${DOMAIN}`;
      const results = new Map<ImapTarget, ReadonlyMap<Step, Figures>>();
      const rates = new Map<ImapTarget, number>();
      const found = new Map<string, readonly number[]>();
      for (const target of targets) {
        const startedAt = performance.now();
        await fill(target, user, size, options.distinct);
        await target.settle();
        const seconds = (performance.now() - startedAt) / 1_000;
        say(`${target.name}: ${size} messages filled in within ${seconds.toFixed(0)} s`);
        found.set(target.name, await warmUp(target, user, size));
      }
      for (const target of targets) {
        const { times, commandsPerSecond } = await measureMix(target, user, size, options);
        const figures = new Map([...times].map(([step, all]): [Step, Figures] => [step, figuresOf(all)]));
        results.set(target, figures);
        rates.set(target, commandsPerSecond);
        const page = figures.get("FETCH ENVELOPE of last 50")?.p50 ?? 0;
        opening.set(target.name, [
          ...(opening.get(target.name) ?? []),
          (figures.get("SELECT")?.p50 ?? 0) + page,
        ]);
      }
      printMix(size, targets, results, rates, say);
      // The answers of a large mailbox are longer than what is kept of them.
      if (size <= 5_000 && new Set([...found.values()].map(String)).size > 1)
        throw new Error(`the servers found different messages: ${JSON.stringify([...found])}`);
    }
    printOpening(options.sizes, opening, say);
  } finally {
    for (const target of targets) await target.stop();
  }
}

async function startTargets(options: ImapOptions, say: (line: string) => void): Promise<ImapTarget[]> {
  const targets: ImapTarget[] = [];
  if (options.only !== "peer") targets.push(await startImapAngelia(DOMAIN, options.sizes.length));
  const reason = dovecotUnavailable();
  if (options.only !== "angelia" && reason === undefined)
    targets.push(await startImapDovecot(options.format));
  else if (reason !== undefined) say(`Without Dovecot to compare with: ${reason}`);
  say(
    `${options.connections} connections, ${options.seconds} s each, clear text on loopback, load generator on the same machine; letters of 1 to 8 KB, of which ${options.distinct} differ and the others are copies by COPY; after one round that is not measured; the search index is made and PostgreSQL has vacuumed; what was appended is on disk on both before they say OK, a changed flag is so with Angelia alone`,
  );
  return targets;
}

function figuresOf(times: readonly number[]): Figures {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

const ms = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));

function printMix(
  size: number,
  targets: readonly ImapTarget[],
  results: ReadonlyMap<ImapTarget, ReadonlyMap<Step, Figures>>,
  rates: ReadonlyMap<ImapTarget, number>,
  say: (line: string) => void,
): void {
  say("");
  const names = targets.flatMap(({ name }) => [`${name.split(" ")[0]} p50`, "p99 ms"]);
  say(row(`${size} messages`, [...names, ...(targets.length === 2 ? ["ratio p50", "ratio p99"] : [])]));
  for (const step of STEPS) {
    const figures = targets.map((target) => results.get(target)?.get(step) ?? { p50: 0, p99: 0 });
    const cells = figures.flatMap(({ p50, p99 }) => [ms(p50), ms(p99)]);
    const [ours, theirs] = figures;
    if (ours !== undefined && theirs !== undefined)
      cells.push(`${(ours.p50 / theirs.p50).toFixed(2)} x`, `${(ours.p99 / theirs.p99).toFixed(2)} x`);
    say(row(step, cells));
  }
  const [ours, theirs] = targets.map((target) => rates.get(target) ?? 0);
  const cells = targets.flatMap((target) => [(rates.get(target) ?? 0).toFixed(1), ""]);
  if (ours !== undefined && theirs !== undefined) cells.push(`${(ours / theirs).toFixed(2)} x`);
  say(row("commands a second (more is better)", cells));
}

function printOpening(
  sizes: readonly number[],
  opening: ReadonlyMap<string, readonly number[]>,
  say: (line: string) => void,
): void {
  if (sizes.length < 2) return;
  say("");
  say(
    row(
      "SELECT + last page, p50 ms",
      sizes.map((size) => `${size}`),
    ),
  );
  for (const [name, times] of opening) {
    const [first = 1] = times;
    say(
      row(
        name,
        times.map((time) => `${ms(time)} (${(time / first).toFixed(1)} x)`),
      ),
    );
  }
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(36) + cells.map((cell) => cell.padStart(16)).join("");
}
