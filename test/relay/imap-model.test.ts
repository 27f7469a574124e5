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
    const lasting = flags.split(" ").filter((one) => one !== "" && one !== "\\Recent");
    known.flags = lasting.toSorted().join(" ");
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
