import type { Slices, Thread, ThreadMessage } from "./thread.ts";

/** THREAD=ORDEREDSUBJECT (RFC 5256 §3): what has the same base subject is one thread, by sent date.
 * @param messages in the order of their numbers */
export function* threadByOrderedSubject(messages: readonly ThreadMessage[]): Slices<Thread[]> {
  const bySubject = new Map<string, ThreadMessage[]>();
  for (const [i, message] of messages.entries()) {
    const same = bySubject.get(message.baseSubject);
    if (same === undefined) bySubject.set(message.baseSubject, [message]);
    else same.push(message);
    if (i % 4_096 === 4_095) yield;
  }
  const groups: ThreadMessage[][] = [];
  for (const group of bySubject.values()) {
    groups.push(group.toSorted((a, b) => a.sentMs - b.sentMs || a.number - b.number));
    if (groups.length % 4_096 === 0) yield;
  }
  groups.sort(([a], [b]) => (a?.sentMs ?? 0) - (b?.sentMs ?? 0) || (a?.number ?? 0) - (b?.number ?? 0));
  return groups.flatMap(([first, ...rest]): Thread[] =>
    first === undefined
      ? []
      : [{ number: first.number, replies: rest.map(({ number }) => ({ number, replies: [] })) }],
  );
}
