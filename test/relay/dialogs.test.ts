import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addAppPassword, importUsers } from "../../src/tenants/index.ts";
import { parseDialogs } from "../support/dialog.ts";
import { ImapClient } from "../support/imap-client.ts";
import { type ImapRelay, startImapRelay } from "../support/imap-relay.ts";
import { DIALOGS, playDialog } from "../support/play-dialog.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";

/** `DIALOG=rfc4315` for the files of that name alone. */
const wanted = process.env["DIALOG"] ?? "";
const files = readdirSync(DIALOGS)
  .filter((name) => name.endsWith(".dialog") && name.includes(wanted))
  .map((file) => ({ file, dialogs: parseDialogs(readFileSync(join(DIALOGS, file), "utf8")) }));
const people = files.flatMap(({ dialogs }) => dialogs).map((_, n) => `d${n}@a.test`);

let platform: TestPlatform;
let relay: ImapRelay;
let played = 0;

beforeAll(async () => {
  platform = await testPlatform();
  await platform.tenant("a", "a.test");
  await importUsers(
    platform.tenancy,
    "a",
    people.map((address) => ({ address, name: address })),
  );
  relay = await startImapRelay(platform);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

describe.each(files)("$file", ({ dialogs }) => {
  test.each(dialogs)("$title", async (dialog) => {
    const address = people[played++] ?? "";
    // It is random, so it costs nothing to check.
    const { password } = await addAppPassword(platform.tenancy, address, ["imap"], "dialog");
    const { port } = relay.server.imap;
    const otherwise = await playDialog(dialog, {
      address,
      password,
      connect: () => relay.connect(),
      login: () => ImapClient.login({ port }, address, password),
    });
    expect(otherwise).toBeUndefined();
  });
});
