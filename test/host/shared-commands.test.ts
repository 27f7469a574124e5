import { expect, test } from "vitest";
import { addAgency, imapOf } from "../support/agency.ts";
import { talk } from "../support/imap-relay.ts";
import { startSystem } from "../support/system.ts";

test("the operator makes a shared account, and says who may do what with it; sessions notice at once", async () => {
  await using system = await startSystem();
  await addAgency(system, "acme", ["ann", "ben"]);
  await addAgency(system, "other", ["eve"]);
  const cli = (...args: readonly string[]): Promise<unknown> => system.cli(...args);
  expect(await cli("shared", "add", "sales@acme.test", "--name", "Sales")).toEqual({
    address: "sales@acme.test",
    name: "Sales",
  });
  await expect(cli("shared", "add", "sales@acme.test", "--name", "Again")).rejects.toThrow("already taken");
  await expect(cli("shared", "add", "ann@acme.test", "--name", "Ann")).rejects.toThrow("already taken");
  expect(await cli("shared", "grant", "sales@acme.test", "ann@acme.test", "--role", "reader")).toMatchObject({
    role: "reader",
  });
  await expect(cli("shared", "grant", "sales@acme.test", "ann@acme.test", "--role", "king")).rejects.toThrow(
    "not a role",
  );
  await expect(
    cli("shared", "grant", "sales@acme.test", "eve@other.test", "--role", "reader"),
  ).rejects.toThrow("no mailbox");
  await expect(cli("shared", "grant", "ben@acme.test", "ann@acme.test", "--role", "reader")).rejects.toThrow(
    "no mailbox",
  );
  await expect(cli("user", "passwd", "sales@acme.test", "--password", "a long enough one")).rejects.toThrow(
    "not allowed",
  );

  const ann = await imapOf(system, "ann@acme.test");
  const opened = await talk(ann, "SELECT Shared/sales@acme.test/INBOX");
  expect(opened.at(-1)).toMatch(/^OK \[READ-WRITE\]/);
  expect(await talk(ann, "STORE 1:* +FLAGS (\\Flagged)")).toHaveLength(1);
  ann.write("i IDLE\r\n");
  expect((await ann.line()).toString()).toBe("+ idling");
  await cli("shared", "grant", "sales@acme.test", "ann@acme.test", "--role", "editor");
  // From the process of the command line to that of the session.
  expect((await ann.line(10_000)).toString()).toContain("PERMANENTFLAGS (\\Answered");
  ann.write("DONE\r\n");
  expect((await ann.line()).toString()).toMatch(/^i OK/);
  expect(await cli("shared", "list", "acme.test")).toEqual([
    { address: "sales@acme.test", name: "Sales", grants: [{ identifier: "ann@acme.test", role: "editor" }] },
  ]);
  expect(await cli("shared", "revoke", "sales@acme.test", "ann@acme.test")).toMatchObject({ changed: true });
  expect((await talk(ann, "FETCH 1:* FLAGS")).at(-1)).toMatch(/^NO \[NONEXISTENT\]/);
  expect(await cli("shared", "revoke", "sales@acme.test", "ann@acme.test")).toMatchObject({ changed: false });
  ann.close();
}, 180_000);
