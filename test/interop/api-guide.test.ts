import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { needs } from "../support/programs.ts";
import { runProgram } from "../support/run-program.ts";
import { startSystem, type System } from "../support/system.ts";

const GUIDE = resolve(import.meta.dirname, "../../docs/guides/api.md");
const PASSWORD = "correct horse battery";

let system: System;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "angelia-guide-"));
  system = await startSystem();
});
afterAll(async () => {
  await system.stop();
  rmSync(dir, { recursive: true, force: true });
});

test("every example of the guide runs as it stands there", async (context) => {
  needs(context, "curl");
  const signUp = {
    agencyName: "An agency",
    personName: "Maria",
    slug: "agency",
    localPart: "maria",
    password: PASSWORD,
    consent: true,
    locale: "en",
  };
  const res = await fetch(new URL("/signup", system.webUrl), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(signUp),
  });
  expect(res.status).toBe(201);
  const blocks = [...readFileSync(GUIDE, "utf8").matchAll(/^```sh\n(.*?)^```$/gms)].map(
    ([, text = ""]) => text,
  );
  expect(blocks.length).toBeGreaterThan(6);
  const script = blocks.map((text, i) => `echo "block ${i + 1}"\n${text}`).join("\n");
  const { code, text } = await runProgram("/bin/bash", ["-euo", "pipefail", "-c", script], {
    cwd: dir,
    env: {
      ANGELIA: system.webUrl.replace(/\/$/, ""),
      DOMAIN: "agency.agencies.test",
      ADMIN: `maria@agency.agencies.test:${PASSWORD}`,
    },
  });
  expect([code, text]).toEqual([0, expect.stringContaining(`block ${blocks.length}`)]);
  expect(readFileSync(join(dir, "audit.csv"), "utf8")).toContain(",api-key:staff list,group.add,press@");
});
