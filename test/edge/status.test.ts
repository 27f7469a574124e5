import { afterAll, beforeAll, expect, test } from "vitest";
import { SystemStatus } from "../../src/contract/system-status.ts";
import { changeRole } from "../../src/tenants/index.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let boss: Person;
let clerk: Person;
beforeAll(async () => {
  edge = await startEdge();
  const { domain } = await edge.tenant();
  [boss, clerk] = [await edge.person(domain), await edge.person(domain)];
  await changeRole(edge.runtime.tenancy, boss.address, "admin", "grant");
});
afterAll(() => edge[Symbol.asyncDispose]());

test("administrators are told, where the edge knows; it never makes it up", async () => {
  const answer = await boss.fetch("/v1/status");
  const told =
    answer.status === 200
      ? SystemStatus.parse(await answer.json()).scanners.map(({ name, state, lastError }) => [
          name,
          state,
          lastError?.text,
        ])
      : answer.status;
  expect(told).toEqual(
    edge.runtime.name === "workerd"
      ? 503
      : [
          ["spam filter", "down", "connect ECONNREFUSED …"],
          ["virus scanner", "off", undefined],
        ],
  );
});

test("nobody else is", async () => {
  expect((await clerk.fetch("/v1/status")).status).toBe(403);
  expect((await edge.runtime.fetch("/v1/status")).status).toBe(401);
});
