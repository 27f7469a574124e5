import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Candidates, Verification } from "../../src/contract/verification.ts";
import { BlobId } from "../../src/kernel/id.ts";
import { changeRole, HOUSE_TENANT, tenantsMeant } from "../../src/tenants/index.ts";
import { codeOf, importRegistry } from "../../src/verification/index.ts";
import { type Person, startEdge, type TestEdge, unique } from "./support/test-edge.ts";

let edge: TestEdge;
/** A word of this run's entries: under workerd all files share a database. */
let word: string;
beforeAll(async () => {
  edge = await startEdge();
  word = unique()
    .replaceAll(/\d/g, (digit) => "abcdefghij"[Number(digit)] ?? "")
    .slice(0, 12);
  const entries = [
    {
      officialId: `${word}-1`,
      name: `Δήμος ${word}`,
      kind: "municipality",
      email: `protokollo@${word}.gr`,
      postalAddress: "Πλατεία 1, 10551 Αθήνα",
    },
    {
      officialId: `${word}-2`,
      name: `Περιφέρεια Αττικής ${word}`,
      kind: "region",
      email: null,
      postalAddress: "Λεωφόρος 2, 11521 Αθήνα",
    },
    {
      officialId: `${word}-3`,
      name: `Σχολείο ${word}`,
      kind: "school",
      email: `mail@school.${word}.gr`,
      postalAddress: null,
    },
  ];
  await importRegistry(edge.runtime.store.db, "GR", entries);
});
afterAll(() => edge[Symbol.asyncDispose]());

interface Agency {
  readonly slug: string;
  readonly tenantId: Awaited<ReturnType<typeof tenantsMeant>>[number]["id"];
  call(method: string, path: string, value?: unknown): Promise<{ status: number; body: unknown }>;
  read(): Promise<Verification>;
}

/** An agency that signs itself up, with the browser of its owner. */
async function signUp(): Promise<Agency> {
  const slug = unique();
  const made = await edge.fetch("/signup", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      agencyName: `Agency ${slug}`,
      personName: "Maria Test",
      slug,
      localPart: "maria",
      password: "a long enough one",
      consent: true,
      locale: "el",
    }),
  });
  expect(made.status).toBe(201);
  const cookie = made.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const [tenant] = await tenantsMeant(edge.runtime.tenancy, { slug });
  if (tenant === undefined) throw new Error("no tenant");
  const call: Agency["call"] = async (method, path, value) => {
    const res = await edge.fetch(`/v1/verification${path}`, {
      method,
      headers: { cookie, ...(value === undefined ? {} : { "content-type": "application/json" }) },
      ...(value === undefined ? {} : { body: JSON.stringify(value) }),
    });
    const text = await res.text();
    return { status: res.status, body: text === "" ? null : JSON.parse(text) };
  };
  return {
    slug,
    tenantId: tenant.id,
    call,
    read: async () => Verification.parse((await call("GET", "")).body),
  };
}

const entry = (n: number) => ({ country: "GR", officialId: `${word}-${n}` });
const send = (agency: Agency, n: number, method = "email") =>
  agency.call("POST", "/code", { ...entry(n), method });
const confirm = (agency: Agency, code: string) => agency.call("POST", "/confirm", { code });

/** The code that is on its way. */
async function codeFor({ tenantId }: Agency): Promise<string> {
  const { store, tenancy } = edge.runtime;
  const [row] = await store.db.tenant(
    tenantId,
    (tx) => tx<{ nonce: string }[]>`select nonce from agency_verifications where tenant_id = ${tenantId}`,
  );
  return codeOf(tenancy, tenantId, row?.nonce ?? "");
}
const actionsOf = ({ tenantId }: Agency): Promise<string[]> =>
  edge.runtime.store.db.tenant(tenantId, async (tx) => {
    const rows = await tx<{ action: string }[]>`
      select action from audit_log where tenant_id = ${tx.tenantId} and action like 'verification.%' order by id`;
    return rows.map((row) => row.action);
  });

describe("an agency that signed itself up", () => {
  test("finds itself in whatever script, gets a code at the registered address, and is verified with it", async () => {
    const agency = await signUp();
    expect(await agency.read()).toMatchObject({
      state: "unverified",
      entry: null,
      dailyRecipients: 50,
      hasRegistry: true,
    });
    for (const q of [`δημος ${word}`, `DIMOS ${word}`, `dhmos ${word.slice(0, -2)}x`, `${word}-1`]) {
      const { body } = await agency.call("GET", `/candidates?q=${encodeURIComponent(q)}`);
      expect(Candidates.parse(body).items[0]).toEqual({
        ...entry(1),
        name: `Δήμος ${word}`,
        kind: "municipality",
        email: `p…o@${word}.gr`,
        postalAddress: "Πλατεία 1, 10551 Αθήνα",
        isTaken: false,
      });
    }
    const sent = await send(agency, 1);
    expect(sent.status).toBe(200);
    expect(Verification.parse(sent.body)).toMatchObject({
      state: "code_sent",
      method: "email",
      triesLeft: 10,
      entry: entry(1),
    });
    // Not twice at once.
    expect(await send(agency, 1)).toMatchObject({ status: 429 });
    expect(await confirm(agency, "ABCD-EFGH")).toMatchObject({ status: 422, body: { code: "code_wrong" } });
    expect((await agency.read()).triesLeft).toBe(9);
    const done = await confirm(agency, (await codeFor(agency)).toLowerCase().replace("-", " "));
    expect(Verification.parse(done.body)).toMatchObject({
      state: "verified",
      verifiedBy: "code",
      entry: entry(1),
      dailyRecipients: null,
    });
    expect(await confirm(agency, "ABCD-EFGH")).toMatchObject({ status: 409 });
    expect(await send(agency, 2, "letter")).toMatchObject({
      status: 409,
      body: { code: "verification_closed" },
    });
    expect(await actionsOf(agency)).toEqual(["verification.code", "verification.confirm"]);
    const alerts = await edge.runtime.store.db.tenant(
      agency.tenantId,
      (tx) => tx`select detail from alerts where tenant_id = ${tx.tenantId} and kind = 'verification'`,
    );
    expect(alerts.map((one) => one["detail"])).toMatchObject([{ event: "verified" }]);
    // The second who claims the same entry waits for the operator, and gets no code.
    const second = await signUp();
    const { body } = await second.call("GET", `/candidates?q=${word}-1`);
    expect(Candidates.parse(body).items[0]).toMatchObject({ isTaken: true });
    expect(Verification.parse((await send(second, 1)).body)).toMatchObject({
      state: "contested",
      method: null,
    });
    expect(await send(second, 3)).toMatchObject({ status: 409 });
    expect(await actionsOf(second)).toEqual(["verification.contest"]);
  });

  test("two that enter their codes for one entry: the first has it", async () => {
    const [one, two] = [await signUp(), await signUp()];
    for (const agency of [one, two]) expect((await send(agency, 3)).status).toBe(200);
    await Promise.all([confirm(one, await codeFor(one)), confirm(two, await codeFor(two))]);
    const states = [(await one.read()).state, (await two.read()).state];
    expect(states.toSorted()).toEqual(["contested", "verified"]);
  });

  test("may try ten codes and no more", async () => {
    const agency = await signUp();
    expect((await send(agency, 2, "letter")).status).toBe(200);
    for (let n = 0; n < 10; n++) expect((await confirm(agency, "ABCD-EFGH")).status).toBe(422);
    const code = await codeFor(agency);
    expect(await confirm(agency, code)).toMatchObject({ status: 410, body: { code: "code_expired" } });
    expect(await agency.read()).toMatchObject({ state: "code_sent", triesLeft: 0 });
  });

  test("sends the code as the installation's own mail, which the agency can't read on its way", async () => {
    const { store } = edge.runtime;
    const rows = await store.db.tenant(
      HOUSE_TENANT,
      (tx) => tx<{ address: string; mailFrom: string; blobId: string }[]>`
        select q.address, s.mail_from as "mailFrom", s.blob_id as "blobId" from submissions s
        join outbound_recipients q on q.tenant_id = s.tenant_id and q.submission_id = s.id
        where s.tenant_id = ${HOUSE_TENANT} and q.address = ${`protokollo@${word}.gr`}`,
    );
    expect(rows).toMatchObject([{ mailFrom: "noreply-verification@reports.hosted.test" }]);
    const chunks: string[] = [];
    for await (const chunk of store.vault.open(HOUSE_TENANT, BlobId.parse(rows[0]?.blobId)))
      chunks.push(new TextDecoder().decode(chunk));
    const [header = "", body = ""] = chunks.join("").split("\r\n\r\n");
    expect(header).toContain(`To: <protokollo@${word}.gr>`);
    const octets = Uint8Array.from(atob(body.replaceAll("\r\n", "")), (char) => char.charCodeAt(0));
    const text = new TextDecoder().decode(octets);
    expect(text).toMatch(/Ο κωδικός επαλήθευσης είναι: [A-Z2-7]{4}-[A-Z2-7]{4}\r\n/);
    expect(text).toContain(`Δήμος ${word}`);
  });

  test("what is malformed or not there is refused", async () => {
    const agency = await signUp();
    for (const [path, value, field] of [
      ["/code", { ...entry(1), method: "pigeon" }, "method"],
      ["/code", { country: "Greece", officialId: "1", method: "email" }, "country"],
      ["/code", { country: "GR", method: "email" }, "officialId"],
      ["/confirm", {}, "code"],
      ["/confirm", { code: "" }, "code"],
    ] as const)
      expect(await agency.call("POST", path, value)).toMatchObject({
        status: 400,
        body: { errors: [{ field }] },
      });
    expect(await agency.call("GET", "/candidates?q=x")).toMatchObject({
      status: 400,
      body: { errors: [{ field: "q" }] },
    });
    expect(await send(agency, 9)).toMatchObject({ status: 404, body: { code: "registry_entry_unknown" } });
    expect(await send(agency, 2)).toMatchObject({ status: 422, body: { code: "verification_no_address" } });
    expect(await send(agency, 3, "letter")).toMatchObject({ status: 422 });
    expect(await confirm(agency, "ABCD-EFGH")).toMatchObject({
      status: 409,
      body: { code: "verification_closed" },
    });
  });

  test("does not see, and does not use, the code of another", async () => {
    const [one, two] = [await signUp(), await signUp()];
    expect((await send(one, 2, "letter")).status).toBe(200);
    expect((await send(two, 2, "letter")).status).toBe(200);
    expect(await confirm(two, await codeFor(one))).toMatchObject({ status: 422 });
    expect(await two.read()).toMatchObject({ state: "code_sent" });
    const third = await signUp();
    expect(await third.read()).toMatchObject({ state: "unverified", entry: null });
  });

  test("can't verify itself, whatever it makes the application do", async () => {
    const agency = await signUp();
    for (const set of [`verified_at = now(), verified_by = 'code'`, `refused_at = null`])
      await expect(
        edge.runtime.store.db.tenant(agency.tenantId, (tx) =>
          tx.unsafe(`update agency_verifications set ${set} where tenant_id = '${agency.tenantId}'`),
        ),
      ).rejects.toThrow(/permission denied/);
    await expect(
      edge.runtime.store.db.tenant(agency.tenantId, (tx) => tx`delete from agency_verifications`),
    ).rejects.toThrow(/permission denied/);
  });
});

test("an agency that the operator made is verified, and who has no permission is refused", async () => {
  const { domain } = await edge.tenant();
  const [auditor, pat]: Person[] = [await edge.person(domain), await edge.person(domain)];
  await changeRole(edge.runtime.tenancy, auditor?.address ?? "", "auditor", "grant");
  const read = await auditor?.fetch("/v1/verification");
  expect(await read?.json()).toMatchObject({
    state: "verified",
    verifiedBy: "operator",
    dailyRecipients: null,
  });
  expect((await pat?.fetch("/v1/verification"))?.status).toBe(403);
  expect((await pat?.fetch("/v1/verification/candidates?q=dimos"))?.status).toBe(403);
  for (const path of ["/code", "/confirm"]) {
    const body = JSON.stringify(path === "/code" ? { ...entry(1), method: "email" } : { code: "ABCD-EFGH" });
    const post = { method: "POST", headers: { "content-type": "application/json" }, body };
    expect((await auditor?.fetch(`/v1/verification${path}`, post))?.status).toBe(403);
  }
});
