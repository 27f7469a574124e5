import type { Slices, Thread, ThreadMessage } from "./thread.ts";

/** A message or the place of one, while threads are being made. */
interface Node {
  message: ThreadMessage | undefined;
  hasReplies: boolean;
  parent: Node | undefined;
  replies: Node[];
  number: number | undefined;
}

const YIELD_EVERY = 2_048;

const newNode = (message: ThreadMessage | undefined): Node => ({
  message,
  hasReplies: false,
  parent: undefined,
  replies: [],
  number: message?.number,
});

/** Makes links, and none that would close a circle. */
class Linker {
  /** since the last pause */
  steps = 0;

  link(parent: Node, reply: Node): void {
    if (!this.#isBelow(parent, reply)) {
      reply.parent = parent;
      parent.hasReplies = true;
    }
  }

  /** Whether `node` is `other` or stands somewhere below it. */
  #isBelow(node: Node, other: Node): boolean {
    if (node === other || !other.hasReplies) return node === other;
    for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
      this.steps += 1;
      if (at === other) return true;
    }
    return false;
  }
}

/** THREAD=REFERENCES (RFC 5256 §3, the algorithm of §3.2.2 in its steps).
 * @param messages in the order of their numbers */
export function* threadByReferences(messages: readonly ThreadMessage[]): Slices<Thread[]> {
  const nodes = yield* linked(messages);
  const root = yield* pruned(nodes);
  yield* sortSiblings(root, false);
  const merged = yield* mergeSubjects(root);
  yield* sortSiblings(merged, true);
  return merged;
}

/** (1) Links each message to what it refers to. */
function* linked(messages: readonly ThreadMessage[]): Slices<Node[]> {
  const byId = new Map<number, Node>();
  const all: Node[] = [];
  const linker = new Linker();
  const nodeOf = (id: number): Node => {
    const known = byId.get(id);
    if (known !== undefined) return known;
    const node = newNode(undefined);
    byId.set(id, node);
    all.push(node);
    return node;
  };
  for (const message of messages) {
    // What has no id, or one that another message has already, is like a message of a unique id.
    const known = message.id === undefined ? undefined : nodeOf(message.id);
    let node: Node;
    if (known !== undefined && known.message === undefined) {
      node = known;
      node.message = message;
      node.number = message.number;
    } else {
      node = newNode(message);
      all.push(node);
    }
    let above: Node | undefined;
    // (A) Along the references; a link that exists stays.
    for (const ref of message.refs) {
      const next = nodeOf(ref);
      if (above !== undefined && next.parent === undefined) linker.link(above, next);
      above = next;
    }
    // (B) The last of them is the parent: this message knows that better than others do.
    if (above === undefined) node.parent = undefined;
    else linker.link(above, node);
    linker.steps += 10;
    if (linker.steps < 10 * YIELD_EVERY) continue;
    linker.steps = 0;
    yield;
  }
  return all;
}

/** (2), (3) Children of their parents, and no places without a message where one can do without. @returns those of the root */
function* pruned(nodes: readonly Node[]): Slices<Node[]> {
  const root: Node[] = [];
  for (const node of nodes) (node.parent?.replies ?? root).push(node);
  yield;
  // From the leaves up: each after all below it.
  const ordered: Node[] = [...root];
  for (let i = 0; i < ordered.length; i++) {
    for (const reply of ordered[i]?.replies ?? []) ordered.push(reply);
    if (i % YIELD_EVERY === YIELD_EVERY - 1) yield;
  }
  for (let i = ordered.length - 1; i >= 0; i--) {
    const node = ordered[i];
    if (node === undefined) continue;
    if (node.replies.some(isPlace)) {
      node.replies = node.replies.flatMap((reply) => (isPlace(reply) ? reply.replies : [reply]));
    }
    if (i % YIELD_EVERY === 0) yield;
  }
  // Under the root a place stays that holds several together.
  return root.flatMap((node) => (isPlace(node) && node.replies.length < 2 ? node.replies : [node]));
}

const isPlace = (node: Node): boolean => node.number === undefined;

/** The message by which a thread is sorted and named: its own, or that of its first child. */
function firstMessage(node: Node): ThreadMessage | undefined {
  return node.message ?? node.replies[0]?.message;
}

function bySentDate(a: Node, b: Node): number {
  const [one, other] = [firstMessage(a), firstMessage(b)];
  if (one === undefined || other === undefined) return 0;
  return one.sentMs - other.sentMs || one.number - other.number;
}

/** (4), (6) Sorts siblings by sent date: those under the root, and what stands below places there; or all. */
function* sortSiblings(root: Node[], deep: boolean): Slices<void> {
  const ordered: Node[][] = [root];
  const stack = root.filter((node) => deep || isPlace(node));
  let steps = 0;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.replies.length > 1) ordered.push(node.replies);
    if (deep) for (const reply of node.replies) if (reply.replies.length > 0) stack.push(reply);
    steps += 1;
    if (steps % YIELD_EVERY === 0) yield;
  }
  // Those below first: a place is sorted by its first child.
  for (const siblings of ordered.toReversed()) {
    siblings.sort(bySentDate);
    steps += siblings.length;
    if (steps >= YIELD_EVERY) {
      steps = 0;
      yield;
    }
  }
}

/** (5) Threads with the same base subject become one. */
function* mergeSubjects(root: readonly Node[]): Slices<Node[]> {
  const subjectOf = (node: Node): string => firstMessage(node)?.baseSubject ?? "";
  const isReply = (node: Node): boolean => node.message?.isReply ?? false;
  const table = new Map<string, Node>();
  for (const node of root) {
    const subject = subjectOf(node);
    if (subject === "") continue;
    const known = table.get(subject);
    const isBetter =
      known !== undefined && !isPlace(known) && (isPlace(node) || (!isReply(node) && isReply(known)));
    if (known === undefined || isBetter) table.set(subject, node);
  }
  yield;
  const kept = new Set<Node>();
  for (const [i, node] of root.entries()) {
    const subject = subjectOf(node);
    const known = subject === "" ? undefined : table.get(subject);
    if (known === undefined || known === node) kept.add(node);
    else if (isPlace(known)) {
      if (isPlace(node)) for (const reply of node.replies) known.replies.push(reply);
      else known.replies.push(node);
    } else if (isReply(node) && !isReply(known)) known.replies.push(node);
    else {
      const both = newNode(undefined);
      both.replies.push(known, node);
      table.set(subject, both);
      kept.delete(known);
      kept.add(both);
    }
    if (i % YIELD_EVERY === YIELD_EVERY - 1) yield;
  }
  return [...kept];
}
