import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AddedDevice, Devices } from "../../src/contract/devices.ts";
import { signIn } from "../../src/tenants/index.ts";
import { ask as call } from "./support/administration.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let domain: string;
let alice: Person;
let stranger: Person;
beforeAll(async () => {
  edge = await startEdge();
  ({ domain } = await edge.tenant());
  alice = await edge.person(domain, { name: "Alice <&> Äpfel" });
  stranger = await edge.person((await edge.tenant()).domain);
});
afterAll(() => edge[Symbol.asyncDispose]());

const add = async (person: Person, kind: string, label = "Telephone"): Promise<AddedDevice> => {
  const { status, body } = await call(person, "POST", "/v1/me/devices", { label, kind });
  expect(status).toBe(201);
  return AddedDevice.parse(body);
};
const listOf = async (person: Person): Promise<Devices> =>
  Devices.parse((await call(person, "GET", "/v1/me/devices")).body);
/** The path of a link, whatever host stands in it. */
const pathOf = (url: string): string => new URL(url).pathname;
const audited = (person: Person, action: string): Promise<number> =>
  edge.runtime.store.db.tenant(person.principal.tenantId, async (tx) => {
    const rows =
      await tx`select 1 from audit_log where tenant_id = ${tx.tenantId} and action = ${action} and actor = ${person.address}`;
    return rows.length;
  });

describe("a device", () => {
  test("gets a password of its own, which signs in to what it needs, is listed with its last use, and ends", async () => {
    const { tenancy } = edge.runtime;
    const { device, password, profile, settings } = await add(alice, "thunderbird", "Office");
    expect(profile).toBeNull();
    expect(device).toMatchObject({ label: "Office", kind: "thunderbird", lastUsedAt: null });
    expect(settings[0]).toMatchObject({ protocol: "imap", security: "tls", userName: alice.address });
    for (const scope of ["imap", "smtp", "pop3"] as const)
      expect((await signIn(tenancy, alice.address, password, scope)).accountId).toBe(
        alice.principal.accountId,
      );
    await expect(signIn(tenancy, alice.address, password, "web")).rejects.toMatchObject({
      code: "credentials_wrong",
    });
    const seen = (await listOf(alice)).devices.find((one) => one.id === device.id);
    expect(Date.parse(seen?.lastUsedAt ?? "")).toBeGreaterThan(Date.now() - 60_000);
    expect((await call(alice, "DELETE", `/v1/me/devices/${device.id}`)).status).toBe(204);
    await expect(signIn(tenancy, alice.address, password, "imap")).rejects.toMatchObject({
      code: "credentials_wrong",
    });
    expect((await call(alice, "DELETE", `/v1/me/devices/${device.id}`)).status).toBe(404);
    expect([await audited(alice, "device.add"), await audited(alice, "device.remove")]).toEqual([1, 1]);
  });

  test("its last use is written once an hour", async () => {
    const { tenancy, store } = edge.runtime;
    const { device, password } = await add(alice, "other", "Hourly");
    const usedAt = async (): Promise<string | null | undefined> =>
      (await listOf(alice)).devices.find((one) => one.id === device.id)?.lastUsedAt;
    const back = (minutes: number): Promise<unknown> =>
      store.db.tenant(
        alice.principal.tenantId,
        async (tx) =>
          tx`update credentials set last_used_at = now() - make_interval(mins => ${minutes}) where tenant_id = ${tx.tenantId} and id = ${device.id}`,
      );
    await signIn(tenancy, alice.address, password, "imap");
    await back(50);
    const before = await usedAt();
    await signIn(tenancy, alice.address, password, "imap");
    expect(await usedAt()).toBe(before);
    await back(70);
    await signIn(tenancy, alice.address, password, "smtp");
    expect(Date.parse((await usedAt()) ?? "")).toBeGreaterThan(Date.parse(before ?? ""));
  });

  test("what is wrong is refused", async () => {
    const refused = await call(alice, "POST", "/v1/me/devices", { label: "", kind: "toaster" });
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ errors: [{ field: "label" }, { field: "kind" }] });
    expect((await call(alice, "POST", "/v1/me/devices", { label: "x" })).status).toBe(400);
    expect((await call(alice, "DELETE", "/v1/me/devices/none")).status).toBe(404);
  });

  test("fifty are enough", async () => {
    const busy = await edge.person(domain);
    await edge.runtime.store.db.tenant(
      busy.principal.tenantId,
      async (tx) =>
        tx`insert into credentials (tenant_id, account_id, kind, verifier, scopes)
        select ${tx.tenantId}, ${busy.principal.accountId}, 'app_password', 'random$' || n, '{imap}' from generate_series(1, 50) n`,
    );
    expect((await call(busy, "POST", "/v1/me/devices", { label: "x", kind: "other" })).body).toMatchObject({
      code: "devices_too_many",
    });
    expect((await listOf(busy)).devices).toHaveLength(50);
  });

  test("of somebody else is neither seen nor ended, of the same agency or of another", async () => {
    const { device, password } = await add(alice, "outlook", "Mine");
    const colleague = await edge.person(domain);
    for (const other of [stranger, colleague]) {
      expect((await call(other, "DELETE", `/v1/me/devices/${device.id}`)).status).toBe(404);
      expect((await listOf(other)).devices).toEqual([]);
    }
    await signIn(edge.runtime.tenancy, alice.address, password, "imap");
    // An app password opens no page.
    const res = await edge.fetch("/v1/me/devices", {
      headers: { authorization: `Basic ${btoa(`${alice.address}:${password}`)}` },
    });
    expect(res.status).toBe(401);
  });
});

describe("the link of a telephone", () => {
  test("gives its configuration once, to whoever has it", async () => {
    const { profile, password } = await add(alice, "iphone");
    expect(Date.parse(profile?.expiresAt ?? "") - Date.now()).toBeLessThanOrEqual(15 * 60_000);
    const path = pathOf(profile?.url ?? "");
    // Somebody who only looks does not use it up.
    expect((await edge.fetch(path, { method: "HEAD" })).status).toBe(405);
    const res = await edge.fetch(path);
    expect(res.status).toBe(200);
    expect(res.headers.get("content-type")).toBe("application/x-apple-aspen-config");
    expect(res.headers.get("cache-control")).toBe("no-store");
    const text = new TextDecoder().decode(await res.arrayBuffer());
    expect(text).toContain(`<string>${password}</string>`);
    expect(text).toContain("<string>Alice &lt;&amp;&gt; Äpfel</string>");
    expect(text).toContain(`<string>${alice.address}</string>`);
    expect((await edge.fetch(path)).status).toBe(404);
    expect(await audited(alice, "device.profile")).toBe(1);
  });

  test("of two who come at the same time, one gets it", async () => {
    const { profile } = await add(alice, "apple-mail");
    const path = pathOf(profile?.url ?? "");
    const both = await Promise.all([edge.fetch(path), edge.fetch(path)]);
    expect(both.map((res) => res.status).toSorted((a, b) => a - b)).toEqual([200, 404]);
  });

  test("ends with its time, with its device, and with its person", async () => {
    const { store } = edge.runtime;
    const late = await add(alice, "iphone", "Late");
    await store.db.tenant(alice.principal.tenantId, async (tx) => {
      const rows = await tx<
        { n: number }[]
      >`select 1 as n from device_profiles where tenant_id = ${tx.tenantId}`;
      expect(rows.length).toBeGreaterThan(0);
    });
    const gone = await add(alice, "iphone", "Gone");
    await call(alice, "DELETE", `/v1/me/devices/${gone.device.id}`);
    expect((await edge.fetch(pathOf(gone.profile?.url ?? ""))).status).toBe(404);
    // What is stored does not have the password, and another secret does not open it.
    const path = pathOf(late.profile?.url ?? "");
    const [token = ""] = path.split("/").slice(-1);
    const other = path.replace(
      token,
      token.replace(/[a-z2-7](?=\.mobileconfig$)/, (one) => (one === "a" ? "b" : "a")),
    );
    expect((await edge.fetch(other)).status).toBe(404);
    await call(alice, "DELETE", `/v1/me/devices/${late.device.id}`);
    expect((await edge.fetch("/devices/nothing.mobileconfig")).status).toBe(404);
  });
});
