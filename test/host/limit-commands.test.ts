import { createTransport } from "nodemailer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import { type System, startSystem } from "../support/system.ts";
import { until } from "../support/smtp-relay.ts";

let system: System;
beforeAll(async () => {
  // Nobody listens there: what goes out is tried, fails, and waits.
  system = await startSystem({
    env: { ANGELIA_SMARTHOST: "smtp://127.0.0.1:9", ANGELIA_LIMIT_LOOPBACK: "1" },
  });
  await addAgency(system, "acme", ["ann", "amy"]);
  await addAgency(system, "beta", ["bob"]);
});
afterAll(() => system?.stop());

type Row = Readonly<Record<string, unknown>>;

async function rows(...args: readonly string[]): Promise<Row[]> {
  const found = await system.cli(...args);
  return Array.isArray(found) ? found : [];
}
const fail = (...args: readonly string[]): Promise<string> =>
  system.cli(...args).then(
    () => "it worked",
    (error: unknown) => String(error),
  );

/** @returns "sent", or what the server answered */
async function send(from: string, to: string): Promise<string> {
  const transport = createTransport({
    host: "127.0.0.1",
    port: system.ports.submission,
    ignoreTLS: true,
    auth: { user: from, pass: PASSWORD },
  });
  try {
    await transport.sendMail({ from, to, subject: "s", text: "x" });
    return "sent";
  } catch (error) {
    return String(error);
  } finally {
    transport.close();
  }
}

const none = { hourMessages: null, dayMessages: null, hourRecipients: null, dayRecipients: null };
const caps = async (slug: string): Promise<unknown> => {
  const shown = await system.cli("limit", "show", slug);
  return typeof shown === "object" && shown !== null && "caps" in shown ? shown.caps : undefined;
};

test("the operator's limits for a tenant, its domains and its mailboxes are set, shown and taken back", async () => {
  expect(
    await system.cli("limit", "set", "acme", "--hour-messages", "50", "--day-recipients", "700"),
  ).toEqual({ name: "acme", scope: "tenant", limits: { ...none, hourMessages: 50, dayRecipients: 700 } });
  expect(await system.cli("limit", "set", "acme", "--each-mailbox", "--day-messages", "40")).toMatchObject({
    scope: "mailbox",
  });
  expect(await system.cli("limit", "set", "acme.test", "--hour-recipients", "9")).toMatchObject({
    scope: "domain",
  });
  expect(await system.cli("limit", "set", "ann@acme.test", "--hour-messages", "1")).toMatchObject({
    scope: "mailbox",
  });
  const shown = await caps("acme");
  expect(shown).toEqual(
    expect.arrayContaining([
      {
        scope: "tenant",
        subject: "",
        limits: expect.objectContaining({ hourMessages: 50, dayRecipients: 700 }),
      },
      { scope: "mailbox", subject: "", limits: expect.objectContaining({ dayMessages: 40 }) },
      { scope: "domain", subject: "acme.test", limits: { ...none, hourRecipients: 9 } },
      { scope: "mailbox", subject: "ann@acme.test", limits: { ...none, hourMessages: 1 } },
    ]),
  );
  expect(JSON.stringify(await caps("beta"))).not.toMatch(/acme|"hourMessages":50/);

  // What was said is what holds.
  expect(await send("ann@acme.test", "a@far.example")).toBe("sent");
  expect(await send("ann@acme.test", "b@far.example")).toMatch(/4\d\d|5\d\d/);
  expect(await system.cli("limit", "show", "acme")).toMatchObject({ used: { hourMessages: 1 } });
  await system.cli("limit", "set", "Ann@ACME.test");
  expect(JSON.stringify(await caps("acme"))).not.toContain("ann@acme.test");
  expect(await send("ann@acme.test", "b@far.example")).toBe("sent");
}, 120_000);

test("limits that make no sense, and those of nobody, are refused", async () => {
  expect(await fail("limit", "set", "acme", "--hour-messages", "many")).toContain("is a number");
  expect(await fail("limit", "set", "acme", "--hour-messages", "99999999")).toContain("is a number up to");
  expect(await fail("limit", "set", "ann@acme.test", "--each-mailbox")).toContain("short name");
  expect(await fail("limit", "set", "nobody@acme.test", "--hour-messages", "1")).toContain("address_unknown");
  expect(await fail("limit", "set", "nowhere.test", "--hour-messages", "1")).toContain("domain_unknown");
  expect(await fail("limit", "set", "gamma", "--hour-messages", "1")).not.toBe("it worked");
  expect(await fail("limit", "show", "gamma")).not.toBe("it worked");
  expect(await fail("limit", "set", "acme", "--week-messages", "1")).toContain("Usage");
}, 120_000);

test("an account is held, its mail waits, goes or is dropped, and the others go on", async () => {
  expect(await rows("hold", "list")).toEqual([]);
  expect(await system.cli("hold", "set", "amy@acme.test")).toMatchObject({ address: "amy@acme.test" });
  expect(await system.cli("hold", "set", "amy@acme.test"), "again changes nothing").toMatchObject({
    address: "amy@acme.test",
  });
  expect(await send("amy@acme.test", "c@far.example")).toBe("sent");
  expect(await send("bob@beta.test", "d@far.example")).toBe("sent");
  const [hold] = await until(async () => {
    const found = await rows("hold", "list", "--tenant", "acme");
    return found[0]?.["waiting"] === 1 && found;
  });
  expect(hold).toMatchObject({ address: "amy@acme.test", reason: "admin", waiting: 1 });
  expect(await rows("hold", "list", "--tenant", "beta")).toEqual([]);
  expect(await rows("queue", "list", "--tenant", "acme", "--sender", "amy@acme.test")).toMatchObject([
    { state: "sender_held" },
  ]);

  expect(await system.cli("hold", "release", "amy@acme.test")).toMatchObject({ address: "amy@acme.test" });
  expect(await rows("hold", "list")).toEqual([]);
  const [entry] = await rows("queue", "list", "--tenant", "acme", "--sender", "amy@acme.test");
  expect(entry?.["state"]).toMatch(/^(?:due|sending|retrying)$/);

  await system.cli("hold", "set", "amy@acme.test");
  await until(async () => (await rows("hold", "list"))[0]?.["waiting"] === 1);
  expect(await system.cli("hold", "drop", "amy@acme.test")).toMatchObject({
    done: expect.stringContaining("1 message"),
  });
  expect(await rows("hold", "list")).toMatchObject([{ address: "amy@acme.test", waiting: 0 }]);
  expect(await rows("queue", "list", "--tenant", "acme", "--sender", "amy@acme.test")).toEqual([]);
  const amy = await imapOf(system, "amy@acme.test");
  // Held, held again, and dropped.
  expect(JSON.stringify(await amy.command("STATUS INBOX (MESSAGES)"))).toMatch(/MESSAGES\W+3\b/);
}, 180_000);

test("holds of nobody, and those that are not there, are refused", async () => {
  expect(await fail("hold", "set", "nobody@acme.test")).toContain("address_unknown");
  expect(await fail("hold", "set", "acme.test")).not.toBe("it worked");
  expect(await fail("hold", "release", "bob@beta.test")).toContain("hold_unknown");
  expect(await fail("hold", "drop", "bob@beta.test")).toContain("hold_unknown");
  expect(await fail("hold", "list", "--tenant", "gamma")).not.toBe("it worked");
  expect(await fail("hold", "set")).toContain("Usage");
}, 120_000);
