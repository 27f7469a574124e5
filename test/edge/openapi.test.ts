import { afterAll, beforeAll, expect, test } from "vitest";
import { insertRole } from "../../src/tenants/account.store.ts";
import { type Person, startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
let boss: Person;
beforeAll(async () => {
  edge = await startEdge();
  boss = await edge.person((await edge.tenant()).domain);
  const { tenantId, accountId } = boss.principal;
  await edge.runtime.store.db.tenant(tenantId, (tx) => insertRole(tx, accountId, "admin"));
});
afterAll(() => edge[Symbol.asyncDispose]());

test("the document of the API names each route with its permission", async () => {
  const res = await boss.fetch("/v1/openapi.json");
  expect(res.status).toBe(200);
  const { openapi, paths } = await res.json<{
    openapi: string;
    paths: Record<string, Record<string, Record<string, unknown>>>;
  }>();
  expect(openapi).toBe("3.1.0");
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  expect(operations.length).toBeGreaterThan(5);
  for (const { operationId, ...rest } of operations) {
    expect(operationId).toMatch(/^[a-z][A-Za-z]+$/);
    expect(rest["x-permission"], String(operationId)).toMatch(/^(self|[a-z-]+:(read|write|help))$/);
    expect(rest["summary"], String(operationId)).toBeTruthy();
  }
  expect(new Set(operations.map((one) => one["operationId"])).size).toBe(operations.length);
});
