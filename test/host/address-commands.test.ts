import { expect, test } from "vitest";
import { addAgency } from "../support/agency.ts";
import { startSystem } from "../support/system.ts";

test("the operator makes aliases, groups, forwards and catch-alls, and undoes them", async () => {
  await using system = await startSystem();
  await addAgency(system, "acme", ["ann", "ben"]);
  const cli = (...args: readonly string[]): Promise<unknown> => system.cli(...args);
  expect(await cli("alias", "add", "desk@acme.test", "ann@acme.test")).toEqual({
    alias: "desk@acme.test",
    target: "ann@acme.test",
  });
  expect(
    await cli("group", "add", "team@acme.test", "--name", "The team", "--senders", "members"),
  ).toMatchObject({
    address: "team@acme.test",
    senders: "members",
    sendAs: false,
  });
  expect(await cli("group", "member", "add", "team@acme.test", "desk@acme.test")).toMatchObject({
    added: true,
  });
  expect(await cli("group", "member", "add", "team@acme.test", "pat@outside.test")).toMatchObject({
    added: true,
  });
  expect(await cli("forward", "set", "ben@acme.test", "a@outside.test,team@acme.test", "--no-copy")).toEqual({
    address: "ben@acme.test",
    targets: ["a@outside.test", "team@acme.test"],
    keepCopy: false,
  });
  expect(await cli("catch-all", "set", "acme.test", "team@acme.test")).toMatchObject({ domain: "acme.test" });
  for (const undo of [
    ["catch-all", "clear", "acme.test"],
    ["forward", "clear", "ben@acme.test"],
    ["group", "member", "remove", "team@acme.test", "pat@outside.test"],
    ["group", "remove", "team@acme.test"],
    ["alias", "remove", "desk@acme.test"],
  ])
    await cli(...undo);
  await expect(cli("alias", "remove", "desk@acme.test")).rejects.toThrow("no mailbox");
  await expect(cli("alias", "add", "x@other.test", "ann@acme.test")).rejects.toThrow("not set up");
  await expect(cli("group", "member", "join", "a@acme.test", "b@acme.test")).rejects.toThrow("not known");
}, 120_000);
