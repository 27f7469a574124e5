import { afterAll, beforeAll, expect, test } from "vitest";
import { type Person, type Reply, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
});
afterAll(() => edge[Symbol.asyncDispose]());

interface Event {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Reply;
}

/** An event stream, read event by event. */
class Events implements AsyncDisposable {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";
  #ended = false;
  #pending: Promise<ReadableStreamReadResult<Uint8Array>> | undefined;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** The next event, or undefined at the end of the stream, or when none comes in time. */
  async next(withinMs = 3_000): Promise<Event | undefined> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        const fields = new Map(
          block.split("\n").map((line) => [line.split(": ", 1)[0], line.slice(line.indexOf(": ") + 2)]),
        );
        const event = fields.get("event");
        if (event === undefined) continue; // a comment
        return { event, id: fields.get("id"), data: JSON.parse(fields.get("data") ?? "null") };
      }
      if (this.#ended) return undefined;
      const timeout = new Promise<undefined>((resolve) => setTimeout(resolve, deadline - Date.now()));
      this.#pending ??= this.#reader.read();
      const read = await Promise.race([this.#pending, timeout]);
      if (read === undefined) return undefined;
      this.#pending = undefined;
      if (read.done) this.#ended = true;
      else this.#text += new TextDecoder().decode(read.value);
    }
  }

  get ended(): boolean {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel();
  }
}

async function open(
  person: Person,
  query = "types=*&closeafter=no&ping=0",
  headers: HeadersInit = {},
): Promise<Events> {
  const res = await person.fetch(`/jmap/eventsource?${query}`, { headers });
  expect(res.status).toBe(200);
  expect(res.headers.get("content-type")).toBe("text/event-stream");
  if (res.body === null) throw new Error("no body");
  return new Events(res.body);
}

const stateOf = async (person: Person): Promise<string> =>
  (await person.call("Email/get", { ids: [] }))["state"];
/** Until the stream has noted the state that it begins with. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

test("a delivery by another process is told by itself, with the state of each type", async () => {
  const person = await edge.person(domain);
  await using events = await open(person);
  await settle();
  const start = Date.now();
  await person.deliver("Subject: new\n\nnew\n");
  const event = await events.next();
  // A second when nothing else runs; what is not told by itself is never told.
  expect(Date.now() - start).toBeLessThan(10_000);
  const state = await stateOf(person);
  expect(event).toEqual({
    event: "state",
    id: state,
    data: {
      "@type": "StateChange",
      changed: {
        [person.accountId]: {
          Email: state,
          EmailDelivery: state,
          EmailSubmission: state,
          Mailbox: state,
          Thread: state,
        },
      },
    },
  });
  expect((await person.call("Email/changes", { sinceState: state }))["created"]).toEqual([]);
});

test("only the types that were asked for, and only the account's own changes", async () => {
  const [person, other] = [await edge.person(domain), await edge.person(domain)];
  await using events = await open(person, "types=Email,Nothing&closeafter=no&ping=0");
  await settle();
  await other.deliver("Subject: not yours\n\nx\n");
  expect(await events.next(700)).toBeUndefined();
  await person.call("Mailbox/set", { create: { k: { name: "X" } } });
  const event = await events.next();
  expect(Object.keys(event?.data["changed"][person.accountId])).toEqual(["Email"]);
});

test("closeafter=state ends the stream after the first event", async () => {
  const person = await edge.person(domain);
  await using events = await open(person, "types=*&closeafter=state&ping=0");
  await settle();
  await person.deliver("Subject: x\n\nx\n");
  expect((await events.next())?.event).toBe("state");
  expect(await events.next()).toBeUndefined();
  expect(events.ended).toBe(true);
});

test("who comes back with an old state is told at once", async () => {
  const person = await edge.person(domain);
  const old = await stateOf(person);
  await person.deliver("Subject: missed\n\nx\n");
  await using late = await open(person, "types=*&closeafter=no&ping=0", { "last-event-id": old });
  expect((await late.next())?.id).toBe(await stateOf(person));
  await using current = await open(person, "types=*&closeafter=no&ping=0", {
    "last-event-id": await stateOf(person),
  });
  expect(await current.next(500)).toBeUndefined();
});

test("pings say that the stream lives, and how often they come", async () => {
  const person = await edge.person(domain);
  await using events = await open(person, "types=*&closeafter=no&ping=1");
  expect(await events.next(8_000)).toEqual({ event: "ping", id: undefined, data: { interval: 5 } });
}, 15_000);

test("what is no such request is refused", async () => {
  const person = await edge.person(domain);
  for (const query of ["types=*&closeafter=later&ping=0", "types=*&closeafter=no&ping=often"])
    expect((await person.fetch(`/jmap/eventsource?${query}`)).status).toBe(400);
  expect((await edge.fetch("/jmap/eventsource?types=*&closeafter=no&ping=0")).status).toBe(401);
});
