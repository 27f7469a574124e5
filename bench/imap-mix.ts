import { BareImap } from "./load/bare-imap.ts";
import { IN_BODY, IN_SUBJECT, seeds } from "./load/imap-messages.ts";
import type { ImapTarget } from "./imap-targets.ts";

/** What a mail program does with a mailbox, in its order. */
export const STEPS = [
  "connect + LOGIN",
  "SELECT",
  "FETCH FLAGS of all",
  "FETCH ENVELOPE of last 50",
  "FETCH BODY[] of one",
  "STORE",
  "SEARCH UNSEEN",
  "SEARCH SUBJECT",
  "SEARCH BODY",
  "APPEND",
  "LOGOUT",
] as const;
export type Step = (typeof STEPS)[number];

/** Milliseconds of each time that a step was done. */
export type Times = ReadonlyMap<Step, number[]>;

interface Client {
  readonly target: ImapTarget;
  readonly user: string;
  /** Of the messages that the mailbox was filled with. */
  readonly count: number;
  /** How often it went through the mix. */
  round: number;
}

/** How many lines of an answer tell of a message, for a mailbox whose answer is short enough to be kept whole. */
function found(head: string): number {
  const numbers = /^\* (?:SEARCH|ESEARCH)([ \d]*)/m.exec(head)?.[1] ?? "";
  return numbers.split(" ").filter((one) => one !== "").length;
}

/** Goes through the mix once. @returns what SEARCH found, to be compared between servers */
async function once(client: Client, note: (step: Step, ms: number) => void): Promise<readonly number[]> {
  const { target, user, count } = client;
  const round = client.round++;
  const startedAt = performance.now();
  const imap = await BareImap.connect(target.port);
  await imap.run(`LOGIN ${user} "${target.password}"`);
  note("connect + LOGIN", performance.now() - startedAt);
  const run = async (step: Step, command: string | readonly Buffer[]): Promise<string> => {
    const answer = await imap.run(command);
    note(step, answer.ms);
    return answer.head;
  };
  const exists = Number(/^\* (\d+) EXISTS/m.exec(await run("SELECT", "SELECT INBOX"))?.[1]);
  if (!(exists >= count)) throw new Error(`${target.name}: ${exists} messages, not ${count}`);
  await run("FETCH FLAGS of all", "FETCH 1:* (UID FLAGS)");
  const page = "UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE";
  await run("FETCH ENVELOPE of last 50", `FETCH ${Math.max(1, exists - 49)}:${exists} (${page})`);
  const one = 1 + ((round * 7_919 + 13) % count);
  await run("FETCH BODY[] of one", `FETCH ${one} (BODY.PEEK[])`);
  await run("STORE", `STORE ${one} ${round % 2 === 0 ? "+" : "-"}FLAGS ($Forwarded)`);
  await run("SEARCH UNSEEN", "SEARCH 1:* UNSEEN");
  const subject = await run("SEARCH SUBJECT", `SEARCH SUBJECT ${IN_SUBJECT}`);
  const body = await run("SEARCH BODY", `SEARCH BODY ${IN_BODY}`);
  const [letter] = seeds(round * 100 + 1, 1);
  const content = letter?.content ?? Buffer.alloc(0);
  await run("APPEND", [Buffer.from(`APPEND INBOX (\\Seen) {${content.length}+}\r\n`), content]);
  await run("LOGOUT", "LOGOUT");
  imap.close();
  return [found(subject), found(body)];
}

/** What SEARCH finds, from one round that is not measured: caches are as warm as they are for a mailbox in use. */
export function warmUp(target: ImapTarget, user: string, count: number): Promise<readonly number[]> {
  return once({ target, user, count, round: 0 }, () => undefined);
}

/** Goes through the mix again and again, on each connection at least once.
 * @param user has filled `count` messages in */
export async function measureMix(
  target: ImapTarget,
  user: string,
  count: number,
  { connections, seconds }: { readonly connections: number; readonly seconds: number },
): Promise<{ readonly times: Times; readonly commandsPerSecond: number }> {
  const times = new Map<Step, number[]>(STEPS.map((step) => [step, []]));
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  await Promise.all(
    Array.from({ length: connections }, async (_, n) => {
      const client: Client = { target, user, count, round: 1 + n * 1_009 };
      do await once(client, (step, ms) => times.get(step)?.push(ms));
      while (performance.now() < until);
    }),
  );
  const commands = [...times.values()].reduce((sum, all) => sum + all.length, 0);
  return { times, commandsPerSecond: (commands * 1_000) / (performance.now() - startedAt) };
}
