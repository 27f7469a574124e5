import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Branding, PublicBranding } from "../../src/contract/branding.ts";
import { NoticeSettings, ServiceStatus } from "../../src/contract/notices.ts";
import { Onboarding } from "../../src/contract/onboarding.ts";
import { Problem } from "../../src/contract/problem.ts";
import { Traffic } from "../../src/contract/traffic.ts";
import { countTraffic, insertEvents, TraceId } from "../../src/history/index.ts";
import { openIncident, updateIncident } from "../../src/notices/index.ts";
import { newUuid } from "../../src/kernel/uuid.ts";
import { addAppPassword, addDomain, changeRole } from "../../src/tenants/index.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

const DAY_MS = 86_400_000;
let edge: TestEdge;
let slug: string;
let domain: string;
let boss: Person;
let clerk: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ slug, domain } = await edge.tenant());
  boss = await administrator(domain);
  clerk = await edge.person(domain);
  stranger = await administrator((await edge.tenant()).domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

async function administrator(of: string): Promise<Person> {
  const person = await edge.person(of);
  await changeRole(edge.runtime.tenancy, person.address, "owner", "grant");
  return person;
}

const send = (person: Person, method: string, path: string, value?: unknown): Promise<Response> =>
  person.fetch(path, {
    method,
    ...(value === undefined
      ? {}
      : { body: JSON.stringify(value), headers: { "content-type": "application/json" } }),
  });
const codeOf = async (res: Response): Promise<string> => Problem.parse(await res.json()).code;

const upload = (person: Person, bytes: Uint8Array<ArrayBuffer>): Promise<Response> =>
  person.fetch("/v1/branding/logo", {
    method: "PUT",
    headers: { "content-type": "image/png" },
    body: bytes,
  });
const stepsOf = async (person: Person): Promise<Record<string, string>> => {
  const { steps } = Onboarding.parse(await (await send(person, "GET", "/v1/onboarding")).json());
  return Object.fromEntries(steps.map(({ step, state }) => [step, state]));
};

describe("branding", () => {
  const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);

  test("a name, a colour and a logo stand on the sign-in page of the agency, and of no other", async () => {
    const looks = {
      name: "Ministry of Light",
      colour: "#0b5d3b",
      greeting: "Welcome.",
      helpText: "Call 100.",
    };
    const set = Branding.parse(await (await send(boss, "PUT", "/v1/branding", looks)).json());
    expect(set).toMatchObject({ ...looks, logoUrl: null, signInPath: `/sign-in?agency=${slug}` });
    const { logoUrl } = Branding.parse(await (await upload(boss, PNG)).json());
    const shown = PublicBranding.parse(await (await edge.fetch(`/branding?agency=${slug}`)).json());
    expect(shown).toEqual({ ...looks, logoUrl });
    const byAddress = await edge.fetch(`/branding?address=nobody@${domain}`);
    expect(await byAddress.json()).toEqual(shown);
    const logo = await edge.fetch(logoUrl ?? "");
    expect(logo.headers.get("content-type")).toBe("image/png");
    expect(logo.headers.get("x-content-type-options")).toBe("nosniff");
    expect(logo.headers.get("cache-control")).toContain("immutable");
    expect(new Uint8Array(await logo.arrayBuffer())).toEqual(PNG);
    expect(Branding.parse(await (await send(stranger, "GET", "/v1/branding")).json()).name).not.toBe(
      looks.name,
    );
    const gone = await boss.fetch("/v1/branding/logo", { method: "DELETE" });
    expect(Branding.parse(await gone.json()).logoUrl).toBeNull();
    expect((await edge.fetch(logoUrl ?? "")).status).toBe(404);
  });

  test("what nobody has has our own looks, or is not there", async () => {
    const ours = await (await edge.fetch("/branding?address=x@nowhere.example")).json<{ name: string }>();
    expect(ours.name).toBe("Angelia");
    expect((await edge.fetch("/branding?agency=no-such-agency")).status).toBe(404);
    expect((await edge.fetch("/branding/logo/no-such-agency")).status).toBe(404);
  });

  test("a colour that hides white text, a picture that is none, and too much of one are refused", async () => {
    const looks = { name: "X", colour: "#ffe066" };
    expect(await codeOf(await send(boss, "PUT", "/v1/branding", looks))).toBe("colour_too_light");
    const bad = await send(boss, "PUT", "/v1/branding", { name: "", colour: "red" });
    expect(Problem.parse(await bad.json()).errors?.map((one) => one.field)).toEqual(["name", "colour"]);
    const svg = Uint8Array.from(new TextEncoder().encode("<svg onload=alert(1)>"));
    expect(await codeOf(await upload(boss, svg))).toBe("picture_refused");
    expect((await upload(boss, new Uint8Array(70_000))).status).toBe(413);
    expect((await send(clerk, "PUT", "/v1/branding", looks)).status).toBe(403);
    expect((await upload(clerk, PNG)).status).toBe(403);
  });
});

describe("the first steps", () => {
  test("are seen from what exists", async () => {
    const { slug: mine, domain: at } = await edge.tenant();
    const owner = await administrator(at);
    // The first domain of a test tenant is a proven one of its own.
    expect(await stepsOf(owner)).toMatchObject({
      domain: "done",
      people: "open",
      devices: "open",
      second_admin: "open",
    });
    const second = await administrator(at);
    await addAppPassword(edge.runtime.tenancy, second.address, ["imap"], "phone");
    await addDomain(edge.runtime.tenancy, mine, `more.${at}`, false);
    expect(await stepsOf(owner)).toMatchObject({
      domain: "done",
      people: "done",
      devices: "done",
      second_admin: "done",
    });
  });

  test("are skipped, taken up again, and put away, by each agency for itself", async () => {
    const skip = await send(boss, "PATCH", "/v1/onboarding", {
      skipped: { old_mail: true, devices: true },
    });
    expect(skip.status).toBe(200);
    expect(await stepsOf(boss)).toMatchObject({ old_mail: "skipped", devices: "skipped" });
    await send(boss, "PATCH", "/v1/onboarding", { skipped: { devices: false }, dismissed: true });
    const after = Onboarding.parse(await (await send(boss, "GET", "/v1/onboarding")).json());
    expect(after.dismissed).toBe(true);
    expect(await stepsOf(boss)).toMatchObject({ old_mail: "skipped", devices: "open" });
    // The operator has made this agency, and vouches for it.
    expect(await stepsOf(stranger)).toMatchObject({ old_mail: "open", verification: "done" });
    expect((await send(boss, "PATCH", "/v1/onboarding", { skipped: { everything: true } })).status).toBe(400);
    expect((await send(clerk, "GET", "/v1/onboarding")).status).toBe(403);
  });
});

describe("traffic", () => {
  test("is counted by day, also when the history is gone, and for this agency only", async () => {
    const { store } = edge.runtime;
    const { tenantId } = boss.principal;
    const traceAt = (at: number): TraceId => TraceId.parse(newUuid(() => at, store.random));
    const now = store.clock();
    const event = (
      at: number,
      kind: "filed" | "relayed" | "bounced" | "quarantined",
      direction?: "in" | "out",
      mailbox?: string,
    ) => ({
      traceId: traceAt(at),
      at,
      kind,
      recipient: boss.address,
      ...(direction === undefined
        ? {}
        : { opening: { direction, sender: "x@far.test", messageId: null, size: 1, clientIp: null } }),
      ...(mailbox === undefined ? {} : { detail: { mailbox } }),
    });
    const yesterday = now - DAY_MS;
    await store.db.tenant(tenantId, (tx) =>
      insertEvents(tx, [
        event(yesterday, "filed", "in", "inbox"),
        event(yesterday, "filed", "in", "junk"),
        event(yesterday, "quarantined", "in"),
        event(yesterday, "relayed"),
        event(now, "filed", "in", "inbox"),
        event(now, "bounced"),
      ]),
    );
    await store.db.tenant(tenantId, (tx) => countTraffic(tx, now, 6));
    await store.db.tenant(tenantId, (tx) => countTraffic(tx, now, 6));
    const { days } = Traffic.parse(await (await send(boss, "GET", "/v1/traffic?days=3")).json());
    expect(days.map((one) => one.day)).toEqual(
      [2, 1, 0].map((ago) => new Date(now - ago * DAY_MS).toISOString().slice(0, 10)),
    );
    expect(days[0]).toMatchObject({ received: 0, storedBytes: null });
    expect(days[1]).toMatchObject({ received: 1, spam: 2, delivered: 1, bounced: 0 });
    expect(days[1]?.storedBytes).toBeGreaterThanOrEqual(0);
    expect(days[2]).toMatchObject({ received: 1, bounced: 1, spam: 0 });
    const theirs = Traffic.parse(await (await send(stranger, "GET", "/v1/traffic?days=3")).json());
    expect(theirs.days.every((one) => one.received === 0)).toBe(true);
    expect((await send(boss, "GET", "/v1/traffic?days=9999")).status).toBe(400);
    expect((await send(clerk, "GET", "/v1/traffic")).status).toBe(403);
  });
});

describe("notices", () => {
  test("how the service is stands there for everybody", async () => {
    const { tenancy } = edge.runtime;
    const at = tenancy.clock();
    const title = { en: `Slow delivery ${newUuid(tenancy.clock, tenancy.random)}` };
    const incident = {
      kind: "minor",
      parts: ["sending"],
      title,
      state: "investigating",
      startsAt: at,
      endsAt: null,
    } as const;
    const id = await openIncident(tenancy, incident, { text: { en: "We are looking into it." }, at });
    const read = async (): Promise<ServiceStatus> =>
      ServiceStatus.parse(await (await edge.fetch("/service-status")).json());
    const open = await read();
    expect(open.parts.find((one) => one.part === "sending")?.state).not.toBe("ok");
    expect(open.current.find((one) => one.id === id)?.updates).toHaveLength(1);
    await updateIncident(tenancy, id, { state: "resolved", text: { en: "It is over." }, at: at + 1 });
    const over = await read();
    expect(over.current.some((one) => one.id === id)).toBe(false);
    expect(over.past.find((one) => one.id === id)?.updates.map((one) => one.state)).toEqual([
      "resolved",
      "investigating",
    ]);
  });

  test("administrators say what they hear of by e-mail", async () => {
    expect(NoticeSettings.parse(await (await send(boss, "GET", "/v1/notice-settings")).json())).toEqual({
      alertMails: true,
      incidentMails: true,
    });
    const wanted = { alertMails: false, incidentMails: true };
    expect((await send(boss, "PUT", "/v1/notice-settings", wanted)).status).toBe(200);
    expect(await (await send(boss, "GET", "/v1/notice-settings")).json()).toEqual(wanted);
    expect(await (await send(stranger, "GET", "/v1/notice-settings")).json()).toMatchObject({
      alertMails: true,
    });
    expect((await send(boss, "PUT", "/v1/notice-settings", { alertMails: "no" })).status).toBe(400);
    expect((await send(clerk, "GET", "/v1/notice-settings")).status).toBe(403);
  });
});
