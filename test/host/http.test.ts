import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { webFiles } from "../../host/web-files.ts";
import { startSystem, type System } from "../support/system.ts";

let system: System;
beforeAll(async () => void (system = await startSystem({ env: { ANGELIA_ROLES: "edge" } })));
afterAll(() => system.stop());

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${system.webUrl}${path}`, { headers });

test("health and readiness are told apart when PostgreSQL is away", async () => {
  expect(await (await get("/healthz")).json()).toEqual({ status: "ok" });
  expect(await (await get("/readyz")).json()).toEqual({
    status: "ok",
    database: true,
    serving: true,
    scanners: { "spam filter": "off", "virus scanner": "off" },
  });
  // It is back within a tenth of a second, and what is left of it may still answer: so it dies until somebody has seen it.
  const answers = new Set<number>();
  for (let tries = 0; tries < 50 && !answers.has(503); tries++) {
    system.killPostgres();
    for (const one of await Promise.all(Array.from({ length: 20 }, () => get("/readyz"))))
      answers.add(one.status);
    expect((await get("/healthz")).status).toBe(200);
  }
  expect(answers).toContain(503);
  while ((await get("/readyz")).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
});

test("metrics are for Prometheus, and not for those who come through a proxy", async () => {
  const answer = await get("/metrics");
  expect(answer.headers.get("content-type")).toContain("text/plain");
  expect(await answer.text()).toMatch(/^process_cpu_seconds_total \d/m);
  expect((await get("/metrics", { "x-forwarded-for": "192.0.2.1" })).status).toBe(403);
});

test("the web UI's files: pages are never kept, assets for ever, and only ours may run", async () => {
  const root = mkdtempSync(join(tmpdir(), "angelia-web-"));
  mkdirSync(join(root, "assets"));
  writeFileSync(join(root, "index.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(root, "assets/app-1.js"), "run()");
  const app = webFiles(root);
  for (const path of ["/", "/mail/inbox", "/mail/a.b"]) {
    const page = await app.request(path);
    expect(await page.text()).toContain("<title>page");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
  }
  const asset = await app.request("/assets/app-1.js");
  expect(asset.headers.get("cache-control")).toContain("immutable");
  expect(asset.headers.get("content-type")).toContain("javascript");
  const gone = await app.request("/assets/app-0.js");
  expect([gone.status, gone.headers.get("cache-control")]).toEqual([404, "no-cache"]);
  expect(await (await app.request("/..%2f..%2fetc/passwd")).text()).not.toContain("root:");
  rmSync(root, { recursive: true });
});
