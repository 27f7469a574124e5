import { createTransport } from "nodemailer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addAgency, imapOf, PASSWORD } from "../support/agency.ts";
import { type System, startSystem } from "../support/system.ts";

let system: System;
beforeAll(async () => {
  // Nobody listens there: what goes out is tried, fails, and waits.
  system = await startSystem({ env: { ANGELIA_SMARTHOST: "smtp://127.0.0.1:9" } });
  await addAgency(system, "acme", ["ann"]);
  await addAgency(system, "beta", ["bob"]);
  await submit("ann@acme.test", "a@far.example", "<1@acme.test>");
  await submit("ann@acme.test", "b@near.example", "<2@acme.test>");
  await submit("bob@beta.test", "c@far.example", "<3@beta.test>");
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    if ((await list()).filter((one) => one["state"] === "retrying").length === 3) return;
    await new Promise((done) => setTimeout(done, 300));
  }
  throw new Error("nothing waits");
});
afterAll(() => system?.stop());

type Row = Readonly<Record<string, unknown>>;

async function rows(...args: readonly string[]): Promise<Row[]> {
  const found = await system.cli(...args);
  return Array.isArray(found) ? found : [];
}
const list = (...args: readonly string[]): Promise<Row[]> => rows("queue", "list", ...args);
const fail = (...args: readonly string[]): Promise<string> =>
  system.cli(...args).then(
    () => "it worked",
    (error: unknown) => String(error),
  );

async function submit(from: string, to: string, messageId: string): Promise<void> {
  const transport = createTransport({
    host: "127.0.0.1",
    port: system.ports.submission,
    ignoreTLS: true,
    auth: { user: from, pass: PASSWORD },
  });
  await transport.sendMail({ from, to, messageId, subject: "s", text: "x" });
  transport.close();
}

test("the queue of all agencies, or of one, is listed with why each entry waits", async () => {
  expect(await list("--tenant", "acme", "--domain", "far.example")).toMatchObject([
    { tenant: "acme", sender: "ann@acme.test", recipient: "a@far.example", attempts: 1 },
  ]);
  const tenants = new Set((await list("--domain", "far.example")).map((one) => one["tenant"]));
  expect(tenants).toEqual(new Set(["acme", "beta"]));
  expect(await list("--state", "held")).toEqual([]);
  const [entry] = await list("--tenant", "beta");
  expect(await system.cli("queue", "show", String(entry?.["id"]))).toMatchObject({
    tenant: "beta",
    all: [{ address: "c@far.example", reply: expect.stringMatching(/^4/) }],
  });
  expect(await fail("queue", "list", "--state", "lost")).toContain("--state is one of");
  expect(await fail("queue", "show", "x")).toContain("not the id of an entry");
});

test("entries are held, released and tried again, one or many", async () => {
  const [entry] = await list("--tenant", "acme", "--domain", "near.example");
  const id = String(entry?.["id"]);
  expect(await system.cli("queue", "hold", id, "--reason", "ask first")).toEqual({ done: 1, skipped: 0 });
  expect(await list("--state", "held")).toMatchObject([{ id, heldBy: "operator", heldReason: "ask first" }]);
  expect(await fail("queue", "retry", id)).toContain('"skipped":1');
  expect(await system.cli("queue", "release", "--sender", "ann@acme.test")).toMatchObject({ done: 1 });
  expect(await fail("queue", "retry")).toContain("Name an entry");
  expect(await fail("queue", "retry", id, "--all")).toContain("Name an entry");
  expect(await fail("queue", "drop", id, "too-much")).toContain("Usage");
});

test("what is dropped comes back to its sender, or does not", async () => {
  const [entry] = await list("--tenant", "acme", "--domain", "far.example");
  expect(await system.cli("queue", "drop", String(entry?.["id"]))).toEqual({ done: 1, skipped: 0 });
  expect(await system.cli("queue", "drop", "--domain", "far.example", "--no-bounce")).toEqual({
    done: 1,
    skipped: 0,
  });
  expect(await list("--domain", "far.example")).toEqual([]);
  const ann = await imapOf(system, "ann@acme.test");
  const bob = await imapOf(system, "bob@beta.test");
  expect(JSON.stringify(await ann.command("STATUS INBOX (MESSAGES)"))).toMatch(/MESSAGES\W+1\b/);
  expect(JSON.stringify(await bob.command("STATUS INBOX (MESSAGES)"))).toMatch(/MESSAGES\W+0\b/);
});

test("the story of a message is found, by its marks and then whole", async () => {
  const [line] = await rows("message", "trace", "--message-id", "<1@acme.test>", "--since", "1h");
  expect(line).toMatchObject({ tenant: "acme", recipient: "a@far.example", state: "dropped" });
  const [story] = await rows("message", "trace", "--id", String(line?.["traceId"]));
  const events: unknown = story?.["events"];
  expect(Array.isArray(events) ? events.map((one: Row) => one["kind"]) : []).toEqual([
    "queued",
    "delayed",
    "dropped",
  ]);
  expect(await rows("message", "trace", "--sender", "@beta.test", "--tenant", "acme")).toEqual([]);
  expect(await rows("message", "trace", "--recipient", "a@far.example", "--until", "2020-01-01")).toEqual([]);
  expect(await fail("message", "trace", "--since", "soon")).toContain("is no time");
  expect(await fail("message", "trace", "--id", "x")).toContain("neither a trace id");
});

test("roles are granted and taken back, once", async () => {
  const role = { address: "ann@acme.test", role: "admin" };
  expect(await system.cli("role", "grant", "ann@acme.test", "admin")).toEqual({ ...role, changed: true });
  expect(await system.cli("role", "grant", "ann@acme.test", "admin")).toEqual({ ...role, changed: false });
  expect(await system.cli("role", "revoke", "ann@acme.test", "admin")).toEqual({ ...role, changed: true });
  expect(await fail("role", "grant", "ann@acme.test", "king")).toContain("is not a role");
  expect(await fail("role", "grant", "nobody@acme.test", "admin")).toContain("address_unknown");
});
