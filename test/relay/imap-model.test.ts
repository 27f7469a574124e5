import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { ImapClient } from "../support/imap-client.ts";
import { type ImapRelay, startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform, type TestPlatform } from "../support/platform.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** UID and flags of a message; undefined where they were not told. */
interface Known {
  uid: number | undefined;
  flags: string | undefined;
}

/** What a client knows of its mailbox from what it was told, and from nothing else. */
class Mirror {
  readonly #client: ImapClient;
  /** By number - 1. */
  #messages: Known[] = [];

  constructor(client: ImapClient) {
    this.#client = client;
  }

  get count(): number {
    return this.#messages.length;
  }

  async say(command: string): Promise<string> {
    const lines = await talk(this.#client, command);
    const counts = /^(FETCH|STORE|SEARCH)/.test(command);
    this.#silently(command);
    for (const line of lines) this.#take(line, counts);
    return lines.at(-1) ?? "";
  }

  /** What a silent STORE does, a client works out itself; what others did to the message it must still be told. */
  #silently(command: string): void {
    const [, number, sign, flag = ""] = /^STORE (\d+) ([+-])FLAGS.SILENT \((.*)\)$/.exec(command) ?? [];
    const known = this.#messages[Number(number) - 1];
    if (known?.flags === undefined) return;
    const flags = new Set(known.flags.split(" ").filter((one) => one !== ""));
    if (sign === "+") flags.add(flag);
    else flags.delete(flag);
    known.flags = [...flags].toSorted().join(" ");
  }

  #take(line: string, counts: boolean): void {
    const [, number, kind, rest = ""] = /^\* (\d+) (EXISTS|EXPUNGE|FETCH)(?: \((.*)\))?$/s.exec(line) ?? [];
    if (number === undefined) return;
    const at = Number(number) - 1;
    if (kind === "EXISTS") {
      if (Number(number) < this.count) throw new Error(`${line} after ${this.count}`);
      while (this.count < Number(number)) this.#messages.push({ uid: undefined, flags: undefined });
    } else if (kind === "EXPUNGE") {
      if (counts) throw new Error("EXPUNGE while the client counts");
      if (this.#messages.splice(at, 1).length === 0) throw new Error(`${line} of ${this.count}`);
    } else this.#fetched(at, rest);
  }

  #fetched(at: number, items: string): void {
    const known = this.#messages[at];
    if (known === undefined) throw new Error(`FETCH of ${at + 1}, of ${this.count}`);
    const uid = Number(/UID (\d+)/.exec(items)?.[1] ?? Number.NaN);
    if (!Number.isNaN(uid)) {
      if (known.uid !== undefined && known.uid !== uid)
        throw new Error(`${at + 1} was ${known.uid}, is ${uid}`);
      known.uid = uid;
    }
    const flags = /FLAGS \((.*?)\)/.exec(items)?.[1];
    if (flags === undefined) return;
    known.flags = lasting(flags);
  }

  /** All that it was told so far. */
  state(): Known[] {
    return this.#messages.map((known) => ({ ...known }));
  }
}

type Step = readonly [session: number, what: number, pick: number];
const FLAGS = ["\\Seen", "\\Flagged", "work"];

/** One step of a session, in the words of IMAP. Numbers are of messages that this session knows. */
function commandOf(mirror: Mirror, what: number, pick: number): string {
  const { count } = mirror;
  const number = count === 0 ? "1:*" : String((pick % count) + 1);
  const flag = FLAGS[pick % FLAGS.length] ?? "";
  const commands = [
    "NOOP",
    "APPEND INBOX {3+}\r\nabc",
    `STORE ${number} +FLAGS (${flag})`,
    `STORE ${number} -FLAGS.SILENT (${flag})`,
    `STORE ${number} +FLAGS.SILENT (\\Deleted)`,
    `UID STORE ${pick + 1} FLAGS (${flag})`,
    "EXPUNGE",
    `UID EXPUNGE ${pick + 1}:*`,
    `COPY ${number} INBOX`,
    `MOVE ${number} INBOX`,
    `MOVE ${number} Archive`,
    `FETCH ${number} (UID FLAGS)`,
    `FETCH ${number} BODY[TEXT]`,
    "SEARCH ALL",
    "UID FETCH 1:* FLAGS",
  ];
  return commands[what % commands.length] ?? "NOOP";
}

const step = fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 14 }), fc.nat({ max: 12 }));

/** Three sessions of a new person, each with its mirror, in the same mailbox. */
async function threeSessions(p: TestPlatform, relay: ImapRelay, name: string) {
  const { address } = await p.person(`${name}@a.test`);
  const clients = await Promise.all([0, 1, 2].map(() => relay.login(address)));
  const mirrors = clients.map((client) => new Mirror(client));
  for (const mirror of mirrors) await mirror.say("SELECT INBOX");
  return { mirrors, close: () => clients.forEach((client) => client.close()) };
}

/** After one more NOOP all sessions know what is there, and none was told anything that is not so. */
async function expectTruth(mirrors: readonly Mirror[]): Promise<void> {
  const states: Known[][] = [];
  for (const mirror of mirrors) {
    await mirror.say("NOOP");
    const told = mirror.state();
    await mirror.say("FETCH 1:* (UID FLAGS)");
    const there = mirror.state();
    const filled = told.map(({ uid, flags }, at) => ({
      uid: uid ?? there[at]?.uid,
      flags: flags ?? there[at]?.flags,
    }));
    expect(filled).toEqual(there);
    states.push(there);
  }
  expect(states[1]).toEqual(states[0]);
  expect(states[2]).toEqual(states[0]);
}

test("what sessions are told adds up to what is there, whatever they do in turn", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  await using relay = await startImapRelay(p, { viewTail: 3 });
  let people = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps: readonly Step[]) => {
      const { mirrors, close } = await threeSessions(p, relay, `person${++people}`);
      for (const [session, what, pick] of steps) {
        const mirror = mirrors[session];
        if (mirror === undefined) continue;
        const command = commandOf(mirror, what, pick);
        expect([command, await mirror.say(command)]).toEqual([command, expect.stringMatching(/^OK/)]);
      }
      await expectTruth(mirrors);
      close();
    }),
    { numRuns: 25, interruptAfterTimeLimit: 15_000 },
  );
});

test("it adds up as well when all of them do it at the same time", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  await using relay = await startImapRelay(p, { viewTail: 3 });
  let people = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 120 }), async (steps: readonly Step[]) => {
      const { mirrors, close } = await threeSessions(p, relay, `person${++people}`);
      const ends = await Promise.all(
        mirrors.map(async (mirror, session) => {
          const said: string[] = [];
          for (const [of, what, pick] of steps)
            if (of === session) said.push(await mirror.say(commandOf(mirror, what, pick)));
          return said;
        }),
      );
      expect(ends.flat().filter((line) => !line.startsWith("OK"))).toEqual([]);
      await expectTruth(mirrors);
      close();
    }),
    { numRuns: 10, interruptAfterTimeLimit: 15_000 },
  );
});

/** What a client with QRESYNC keeps: UIDs with their flags, and nothing that it was not told. */
class Cache {
  readonly #flags = new Map<number, string>();
  #validity = 0;
  #modseq = 0;

  /** Goes on from what it kept, and keeps up with the mailbox until it is to leave. */
  async visit(relay: ImapRelay, address: string, commands: readonly string[]): Promise<void> {
    const client = await relay.login(address);
    await client.ok("ENABLE QRESYNC");
    const known = this.#modseq === 0 ? "" : ` (QRESYNC (${this.#validity} ${this.#modseq}))`;
    const selected = await talk(client, `SELECT INBOX${known}`);
    for (const line of selected) this.#take(line);
    if (known === "") await this.#say(client, "UID FETCH 1:* (FLAGS)");
    for (const command of commands) await this.#say(client, command);
    client.close();
  }

  async #say(client: ImapClient, command: string): Promise<void> {
    const counts = /^(FETCH|STORE|SEARCH)/.test(command);
    for (const line of await talk(client, command)) {
      if (counts && /VANISHED (?!\(EARLIER\))/.test(line)) throw new Error(`${line} while the client counts`);
      this.#take(line);
    }
  }

  #take(line: string): void {
    if (line.endsWith(" EXPUNGE")) throw new Error(`${line} in a session with QRESYNC`);
    this.#validity = Number(/\[UIDVALIDITY (\d+)\]/.exec(line)?.[1] ?? this.#validity);
    this.#modseq = Number(/\[HIGHESTMODSEQ (\d+)\]/.exec(line)?.[1] ?? this.#modseq);
    const [, gone] = /^\* VANISHED (?:\(EARLIER\) )?([\d:,]+)$/.exec(line) ?? [];
    for (const range of gone?.split(",") ?? []) {
      const [first = 0, last = first] = range.split(":").map(Number);
      for (let uid = first; uid <= last; uid++) this.#flags.delete(uid);
    }
    const [, items] = /^\* \d+ FETCH \((.*)\)$/s.exec(line) ?? [];
    const uid = Number(/UID (\d+)/.exec(items ?? "")?.[1]);
    const flags = /FLAGS \((.*?)\)/.exec(items ?? "")?.[1];
    if (Number.isNaN(uid) || flags === undefined) return;
    this.#flags.set(uid, lasting(flags));
  }

  get state(): readonly (readonly [uid: number, flags: string])[] {
    return [...this.#flags].toSorted(([a], [b]) => a - b);
  }
}

/** The flags that stay with a message, in one order. */
function lasting(flags: string): string {
  const names = flags.split(" ").filter((one) => one !== "" && one !== "\\Recent");
  return names.toSorted().join(" ");
}

/** What is there, asked by a client that has kept nothing. */
async function truth(relay: ImapRelay, address: string): Promise<Cache["state"]> {
  const fresh = new Cache();
  await fresh.visit(relay, address, []);
  return fresh.state;
}

test("a client that comes and goes knows from QRESYNC what is there, without asking (RFC 7162 §3.2.5)", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  await using relay = await startImapRelay(p, { viewTail: 3 });
  let people = 0;
  const visit = fc.array(fc.tuple(fc.nat({ max: 14 }), fc.nat({ max: 12 })), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(visit, { minLength: 2, maxLength: 5 }), async (visits) => {
      const name = `guest${++people}`;
      const { mirrors, close } = await threeSessions(p, relay, name);
      const [other] = mirrors;
      if (other === undefined) throw new Error("nobody is there");
      const cache = new Cache();
      for (const [at, steps] of visits.entries()) {
        for (const [what, pick] of steps) await other.say(commandOf(other, what, pick));
        // Every other time it does something of its own, and is told how it ended.
        const own = at % 2 === 0 ? [] : ["UID STORE 1:3 +FLAGS (\\Deleted)", "UID EXPUNGE 2:3", "NOOP"];
        await cache.visit(relay, `${name}@a.test`, own);
        expect(cache.state).toEqual(await truth(relay, `${name}@a.test`));
      }
      close();
    }),
    { numRuns: 15, interruptAfterTimeLimit: 20_000 },
  );
});

test("a UID is never used again, whoever expunges and appends", async () => {
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  await using relay = await startImapRelay(p, { viewTail: 1 });
  const { address } = await p.person("uids@a.test");
  const clients = await Promise.all([0, 1, 2].map(() => relay.login(address)));
  for (const client of clients) await client.ok("SELECT INBOX");
  const given = await Promise.all(
    clients.map(async (client) => {
      const uids: number[] = [];
      for (let round = 0; round < 8; round++) {
        const { text } = await client.ok("APPEND INBOX (\\Deleted) ", Buffer.from("Subject: x\r\n\r\n"));
        uids.push(Number(/APPENDUID \d+ (\d+)/.exec(text)?.[1]));
        await client.ok("EXPUNGE");
      }
      return uids;
    }),
  );
  expect(new Set(given.flat()).size).toBe(24);
  for (const uids of given) expect(uids).toEqual(uids.toSorted((a, b) => a - b));
  for (const client of clients) client.close();
});
