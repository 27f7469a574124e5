import { afterAll, beforeAll, expect, test } from "vitest";
import { Mandate, MandatesPage } from "../../src/contract/mandates.ts";
import { tellTurnedMandates } from "../../src/people/index.ts";
import { ask, audited, withRole } from "./support/administration.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let boss: Person;
let helper: Person;
let elsewhere: Person;
let stranger: Person;
let anna: Person;
let nikos: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  [boss, helper, elsewhere] = await Promise.all([
    withRole(edge, domain, "owner"),
    withRole(edge, domain, "help_desk"),
    withRole(edge, domain, "domain_admin", ["elsewhere.test"]),
  ]);
  [anna, nikos] = await Promise.all([
    edge.person(domain, { local: "anna" }),
    edge.person(domain, { local: "nikos" }),
  ]);
  stranger = await withRole(edge, (await edge.tenant()).domain, "owner");
}, 120_000);
afterAll(() => edge[Symbol.asyncDispose]());

const pathOf = (id: string, more = ""): string => `/v1/mandates/${id}${more}`;
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
const DAY = 86_400_000;

async function office(local: string): Promise<string> {
  const address = `${local}@${domain}`;
  await ask(boss, "POST", "/v1/shared-mailboxes", { address, name: local });
  return address;
}

const writesAs = async (person: Person, address: string): Promise<boolean> =>
  (await person.call("Identity/get"))["list"].some((one: { email: string }) => one.email === address);

const add = (value: object) => ask(boss, "POST", "/v1/mandates", value);

test("an office changes hands at the very moment, without any job", async () => {
  const mailbox = await office("mayor");
  const first = await add({ mailbox, holder: anna.address, startsAt: inMs(-DAY), endsAt: null });
  expect([first.status, Mandate.parse(first.body)]).toMatchObject([
    201,
    { mailbox, holder: anna.address, role: "manager", endsAt: null, state: "current" },
  ]);
  expect([await writesAs(anna, mailbox), await writesAs(nikos, mailbox)]).toEqual([true, false]);
  const turn = inMs(1_500);
  const refused = await add({ mailbox, holder: nikos.address, startsAt: turn });
  expect(refused.body.code).toBe("mandate_overlaps");
  const next = await add({
    mailbox,
    holder: nikos.address,
    startsAt: turn,
    endsAt: inMs(5 * DAY),
    endCurrent: true,
  });
  expect([next.status, next.body.state]).toEqual([201, "planned"]);
  expect((await ask(boss, "GET", pathOf(first.body.id))).body.endsAt).toBe(turn);
  while (Date.now() < Date.parse(turn) + 20) await new Promise((resolve) => setTimeout(resolve, 50));
  expect([await writesAs(anna, mailbox), await writesAs(nikos, mailbox)]).toEqual([false, true]);
  const states = (await ask(helper, "GET", `/v1/mandates?mailbox=${first.body.mailboxId}`)).body;
  expect(MandatesPage.parse(states).items.map((one) => [one.holder, one.state])).toEqual([
    [nikos.address, "current"],
    [anna.address, "ended"],
  ]);
  // The job writes it down, once.
  const { store } = edge.runtime;
  const told = async (): Promise<string[]> => {
    await tellTurnedMandates(store, new AbortController().signal);
    const rows = await store.db.tenant(
      boss.principal.tenantId,
      (tx) => tx`select action || ' ' || (detail->>'holder') as row from audit_log
        where tenant_id = ${tx.tenantId} and actor = 'system' and subject = ${mailbox} order by id`,
    );
    return rows.map((one) => String(one["row"]));
  };
  const expected = [
    `mandate.begin ${anna.address}`,
    `mandate.begin ${nikos.address}`,
    `mandate.end ${anna.address}`,
  ];
  expect((await told()).toSorted()).toEqual(expected);
  expect((await told()).toSorted()).toEqual(expected);
  expect(await audited(edge, boss, "mandate.add")).toBe(2);
  expect(await audited(edge, boss, "mandate.change")).toBe(1);
});

test("it can end at once, and then changes no more; what is planned can be moved and taken back", async () => {
  const mailbox = await office("deputy");
  const { body } = await add({ mailbox, holder: anna.address, role: "editor" });
  expect(await writesAs(anna, mailbox)).toBe(false);
  expect((await ask(boss, "PATCH", pathOf(body.id), { role: "sender" })).body.role).toBe("sender");
  expect(await writesAs(anna, mailbox)).toBe(true);
  expect((await ask(boss, "PATCH", pathOf(body.id), { startsAt: inMs(DAY) })).body.code).toBe(
    "mandate_ended",
  );
  expect((await ask(boss, "DELETE", pathOf(body.id))).body.code).toBe("mandate_ended");
  const planned = await add({ mailbox, holder: nikos.address, startsAt: inMs(2 * DAY), endCurrent: true });
  expect((await ask(boss, "PATCH", pathOf(planned.body.id), { startsAt: inMs(DAY) })).body.code).toBe(
    "mandate_overlaps",
  );
  expect(
    (await ask(boss, "PATCH", pathOf(planned.body.id), { startsAt: inMs(3 * DAY), endsAt: inMs(4 * DAY) }))
      .status,
  ).toBe(200);
  expect((await ask(boss, "POST", pathOf(body.id, "/end"))).body.state).toBe("ended");
  expect(await writesAs(anna, mailbox)).toBe(false);
  expect((await ask(boss, "POST", pathOf(body.id, "/end"))).body.code).toBe("mandate_ended");
  expect((await ask(boss, "PATCH", pathOf(body.id), { endsAt: null })).body.code).toBe("mandate_ended");
  expect((await ask(boss, "DELETE", pathOf(planned.body.id))).status).toBe(204);
  expect((await ask(boss, "GET", pathOf(planned.body.id))).status).toBe(404);
  expect((await ask(boss, "GET", "/v1/mandates?state=planned")).body.items).toEqual([]);
});

test("pages go on by start", async () => {
  const mailbox = await office("many");
  for (let n = 1; n <= 5; n++)
    await add({
      mailbox,
      holder: anna.address,
      startsAt: inMs(n * 10 * DAY),
      endsAt: inMs(n * 10 * DAY + DAY),
    });
  const { mailboxId } = (await ask(boss, "GET", "/v1/mandates?limit=1")).body.items[0];
  const seen: string[] = [];
  for (let cursor = ""; ;) {
    const { body } = await ask(helper, "GET", `/v1/mandates?mailbox=${mailboxId}&limit=2${cursor}`);
    seen.push(...MandatesPage.parse(body).items.map((one) => one.startsAt));
    if (body.nextCursor === null) break;
    cursor = `&cursor=${body.nextCursor}`;
  }
  expect(seen).toHaveLength(5);
  expect(seen).toEqual(seen.toSorted().toReversed());
});

test("what is wrong is refused, and so is who may not, and another agency sees nothing", async () => {
  const mailbox = await office("guarded");
  const code = async (value: object): Promise<unknown> => {
    const { status, body } = await add({ mailbox, holder: anna.address, ...value });
    return [status, body.errors?.[0]?.field ?? body.code];
  };
  expect(await code({ startsAt: "tomorrow" })).toEqual([400, "startsAt"]);
  expect(await code({ startsAt: inMs(DAY), endsAt: inMs(DAY / 2) })).toEqual([400, "endsAt"]);
  expect(await code({ role: "reader" })).toEqual([400, "role"]);
  expect(await code({ holder: `nobody@${domain}` })).toEqual([404, "address_unknown"]);
  expect(await code({ holder: stranger.address })).toEqual([404, "address_unknown"]);
  expect(await code({ holder: mailbox })).toEqual([404, "address_unknown"]);
  expect(await code({ mailbox: anna.address })).toEqual([404, "address_unknown"]);
  expect((await ask(helper, "POST", "/v1/mandates", { mailbox, holder: anna.address })).status).toBe(403);
  const { body } = await add({ mailbox, holder: anna.address });
  expect((await ask(boss, "PATCH", pathOf(body.id), { holder: nikos.address })).status).toBe(400);
  expect((await ask(helper, "POST", pathOf(body.id, "/end"))).status).toBe(403);
  for (const person of [stranger, elsewhere]) {
    for (const [method, path, value] of [
      ["GET", "", undefined],
      ["PATCH", "", { role: "editor" }],
      ["POST", "/end", undefined],
      ["DELETE", "", undefined],
    ] as const)
      expect((await ask(person, method, pathOf(body.id, path), value)).body.code).toBe("mandate_unknown");
    expect((await ask(person, "GET", "/v1/mandates")).body.items).toEqual([]);
    expect((await ask(person, "POST", "/v1/mandates", { mailbox, holder: anna.address })).status).toBe(404);
  }
  expect((await ask(boss, "GET", pathOf("nonsense"))).status).toBe(404);
});
