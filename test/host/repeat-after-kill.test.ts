import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ApiKeyPage, CreatedApiKey } from "../../src/contract/api-keys.ts";
import { startSystem, type System } from "../support/system.ts";

const ROUNDS = 3;
const AT_ONCE = 8;
const PASSWORD = "correct horse battery";

let system: System;
beforeAll(async () => {
  system = await startSystem();
}, 120_000);
afterAll(() => system.stop(), 60_000);

const url = (path: string): URL => new URL(path, system.webUrl);
const headers = { "content-type": "application/json", "sec-fetch-site": "same-origin" };

async function signUp(): Promise<string> {
  const agency = { agencyName: "An agency", personName: "Maria", slug: "agency", localPart: "maria" };
  const res = await fetch(url("/signup"), {
    method: "POST",
    headers,
    body: JSON.stringify({ ...agency, password: PASSWORD, consent: true, locale: "en" }),
  });
  expect(res.status).toBe(201);
  return res.headers.get("set-cookie")?.split(";")[0] ?? "";
}

/** A key is made under a name of the request's own. */
const make = (cookie: string, label: string): Promise<Response> =>
  fetch(url("/v1/api-keys"), {
    method: "POST",
    headers: { ...headers, cookie, "idempotency-key": `of-${label}` },
    body: JSON.stringify({ label, permissions: ["overview:read"] }),
  });

/** Asks again as long as it is told to. */
async function untilAnswered(cookie: string, label: string): Promise<CreatedApiKey> {
  let res = await make(cookie, label);
  while (res.status === 409) {
    await sleep(1_000 * Math.min(10, Number(res.headers.get("retry-after"))));
    res = await make(cookie, label);
  }
  expect([label, res.status]).toEqual([label, 201]);
  return CreatedApiKey.parse(await res.json());
}

test("a process that is killed while keys are made has made each once when they are asked for again", async () => {
  const cookie = await signUp();
  const labels: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const these = Array.from({ length: AT_ONCE }, (_, i) => `r${round}-${i}`);
    labels.push(...these);
    const asked = these.map((label) => make(cookie, label).catch(() => undefined));
    // Somewhere between the first that arrives and the last that is answered.
    await sleep(Math.random() * 200);
    await system.kill9();
    await Promise.all(asked);
    await system.restart();
  }
  const made = await Promise.all(labels.map((label) => untilAnswered(cookie, label)));
  const listed = ApiKeyPage.parse(
    await (await fetch(url("/v1/api-keys?limit=200"), { headers: { cookie } })).json(),
  );
  expect(listed.items.map((one) => one.label).toSorted()).toEqual(labels.toSorted());
  for (const { id, key } of made) {
    expect(listed.items.map((one) => one.id)).toContain(id);
    const res = await fetch(url("/v1/overview"), { headers: { authorization: `Bearer ${key}` } });
    expect(res.status).toBe(200);
  }
}, 300_000);
