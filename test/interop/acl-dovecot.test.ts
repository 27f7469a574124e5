import { expect, test } from "vitest";
import { type Dovecot, dovecotUnavailable, startDovecot } from "../support/dovecot.ts";
import type { ImapClient } from "../support/imap-client.ts";
import { startImapRelay, talk } from "../support/imap-relay.ts";
import { testPlatform } from "../support/platform.ts";

/** What Dovecot needs to share mailboxes between its people. */
const sharing = (dir: string): readonly string[] => [
  "mail_plugins = acl",
  "protocol imap {\n mail_plugins = acl imap_acl\n}",
  `plugin {\n acl = vfile\n acl_shared_dict = file:${dir}/mail/shared.db\n}`,
  `namespace shared {\n type = shared\n separator = /\n prefix = Other Users/%%u/\n location = mdbox:${dir}/mail/%%n/mdbox\n subscriptions = no\n list = children\n}`,
];

/** How a command ended, with what its code says about rights. */
const howEnded = async (client: ImapClient, command: string): Promise<string> =>
  /^(OK|NO|BAD)(?: \[(?:NOPERM|NONEXISTENT|READ-ONLY|READ-WRITE))?/.exec(
    (await talk(client, command)).at(-1) ?? "",
  )?.[0] ?? "nothing";

/** What Bob may do with Alice's mailbox when she has given him these rights. */
async function tried(
  alice: ImapClient,
  bob: ImapClient,
  names: Names,
  rights: string,
): Promise<Record<string, string>> {
  await alice.ok("CREATE Work");
  await alice.ok("CREATE Work/Below");
  for (const n of [1, 2]) await alice.ok("APPEND Work ", Buffer.from(`Subject: ${n}\r\n\r\nhello\r\n`));
  await alice.ok(`SETACL Work ${names.bob} ${rights}`);
  const box = `"Other Users/${names.alice}/Work"`;
  const result: Record<string, string> = {};
  const does = async (command: string): Promise<void> => {
    result[command.replaceAll(`Other Users/${names.alice}/`, "").replaceAll(names.bob, "bob")] =
      await howEnded(bob, command);
  };
  await does(`STATUS ${box} (MESSAGES)`);
  await does(`GETACL ${box}`);
  await does(`LISTRIGHTS ${box} ${names.bob}`);
  await does(`CREATE ${box.slice(0, -1)}/New"`);
  await does(`EXAMINE ${box}`);
  await does(`SELECT ${box}`);
  if (rights.includes("r")) {
    for (const command of [
      "FETCH 1 BODY[TEXT]",
      "STORE 1 +FLAGS (\\Seen)",
      "STORE 1 +FLAGS (\\Flagged)",
      "STORE 1 +FLAGS (\\Deleted)",
      "EXPUNGE",
      `COPY 1 ${box}`,
      "CLOSE",
    ])
      await does(command);
  }
  await alice.ok("DELETE Work/Below");
  await howEnded(alice, "DELETE Work/New");
  await does(`DELETE ${box}`);
  await howEnded(alice, "DELETE Work");
  return result;
}

interface Names {
  readonly alice: string;
  readonly bob: string;
}

const SETS = ["l", "r", "lr", "lrs", "lrw", "lrt", "lrte", "lri", "lrk", "lrx", "lra", "lrswipkxtea"];

/**
 * Where we refuse and Dovecot does not. RFC 4314 §4 wants "r" for STATUS and "a" for LISTRIGHTS; what may not be changed
 * Dovecot leaves as it is, and says OK.
 */
const REFUSED_HERE = [
  "EXPUNGE",
  'LISTRIGHTS "Work" bob',
  'STATUS "Work" (MESSAGES)',
  "STORE 1 +FLAGS (\\Deleted)",
  "STORE 1 +FLAGS (\\Flagged)",
  "STORE 1 +FLAGS (\\Seen)",
];

test("Bob may do with Alice's mailbox what he may in Dovecot, right by right", async (context) => {
  const reason = dovecotUnavailable();
  if (reason !== undefined) context.skip(reason);
  await using dovecot: Dovecot = await startDovecot("mdbox", false, sharing);
  await using p = await testPlatform();
  await p.tenant("a", "a.test");
  for (const name of ["alice", "bob"]) await p.person(`${name}@a.test`);
  await using relay = await startImapRelay(p);
  const refusedHere = new Set<string>();
  const otherwise: string[] = [];
  for (const rights of SETS) {
    // Signed in anew: Dovecot keeps lists in mind for half a minute.
    const theirs = [await dovecot.login("alice"), await dovecot.login("bob")] as const;
    const ours = [await relay.login("alice@a.test"), await relay.login("bob@a.test")] as const;
    const here = await tried(...ours, { alice: "alice@a.test", bob: "bob@a.test" }, rights);
    const there = await tried(...theirs, { alice: "alice", bob: "bob" }, rights);
    for (const client of [...theirs, ...ours]) client.close();
    for (const [command, how] of Object.entries(here)) {
      const other = there[command] ?? "";
      if (how.startsWith("NO ") && other === "OK") refusedHere.add(command);
      else if (how !== other) otherwise.push(`${rights}: ${command}: ${how}, ${other}`);
    }
  }
  expect(otherwise).toEqual([
    // Who may not list it hears that it is not there, also where it can be read.
    'r: COPY 1 "Work": NO [NONEXISTENT, NO [NOPERM',
    // To delete a mailbox with messages in it, Dovecot wants more than "x" (RFC 4314 §4 leaves it to the server).
    'lrx: DELETE "Work": OK, NO',
  ]);
  expect([...refusedHere].toSorted()).toEqual(REFUSED_HERE);
}, 240_000);
