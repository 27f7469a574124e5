import { afterAll, beforeAll, expect, test } from "vitest";
import { startEdge, type TestEdge } from "./support/test-edge.ts";

let edge: TestEdge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge[Symbol.asyncDispose]());

test("workerd tells whether it is well; under Node that is the host's to say", async () => {
  const { name } = edge.runtime;
  for (const path of ["/healthz", "/readyz"])
    expect((await edge.fetch(path)).status).toBe(name === "workerd" ? 200 : 404);
});

test("what nobody knows is not found", async () => {
  expect((await edge.fetch("/jmap/nothing")).status).toBe(404);
  expect((await edge.fetch("/session", { method: "PUT" })).status).toBe(404);
});
