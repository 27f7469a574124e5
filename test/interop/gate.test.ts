import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addAgency } from "../support/agency.ts";
import { type FakeDnsServer, startFakeDns } from "../support/fake-dns.ts";
import { needs } from "../support/programs.ts";
import { type Finished, runProgram } from "../support/run-program.ts";
import { startSystem, type System } from "../support/system.ts";

let dns: FakeDnsServer;
let system: System;
beforeAll(async () => {
  dns = await startFakeDns({ "A 9.113.0.203.bl.test": ["127.0.0.2"] });
  system = await startSystem({
    env: {
      ANGELIA_PROXY_FROM: "127.0.0.1",
      ANGELIA_DNS: `127.0.0.1:${dns.port}`,
      ANGELIA_DNSBL: "bl.test=127.0.0.2-11",
      ANGELIA_GREETING_DELAY_MS: "100",
    },
  });
  await addAgency(system, "acme", ["alice"]);
});
beforeEach((context) => needs(context, "swaks"));
afterAll(async () => {
  await system?.stop();
  await dns?.[Symbol.asyncDispose]();
});

/** swaks as the proxy of a client. */
function swaks(version: 1 | 2, source: string, ...more: readonly string[]): Promise<Finished> {
  const isV6 = source.includes(":");
  const family = version === 1 ? (isV6 ? "TCP6" : "TCP4") : isV6 ? "AF_INET6" : "AF_INET";
  return runProgram("swaks", [
    "--server",
    `127.0.0.1:${system.ports.mx}`,
    "--proxy-version",
    String(version),
    "--proxy-family",
    family,
    "--proxy-source",
    source,
    "--proxy-source-port",
    "40000",
    "--proxy-dest-port",
    "25",
    "--proxy-dest",
    isV6 ? "::1" : "127.0.0.1",
    "--from",
    "x@remote.test",
    "--to",
    "alice@acme.test",
    ...more,
  ]);
}

test("a client on a block list is refused at RCPT, whatever the proxy speaks", async () => {
  for (const version of [1, 2] as const) {
    const run = await swaks(version, "203.0.113.9");
    expect(run.text).toMatch(/^exit code 24\n/);
    expect(run.text).toMatch(/550 5\.7\.1 Your address 203\.0\.113\.9 is on the block list bl\.test/);
  }
});

test("a client that nobody knows is asked to come again, and one on this machine is let in", async () => {
  const far = await swaks(1, "2001:db8::9");
  expect(far.text).toMatch(/^exit code 24\n/);
  expect(far.text).toMatch(/450 4\.7\.1 Greylisted/);
  const near = await swaks(2, "127.0.0.1", "--header", "Subject: through a proxy");
  expect(near.text).toMatch(/^exit code 0\n/);
});

test("who is no proxy gets no word out of it", async () => {
  const run = await runProgram("swaks", [
    "--server",
    `127.0.0.1:${system.ports.mx}`,
    "--timeout",
    "10",
    "--from",
    "x@remote.test",
    "--to",
    "alice@acme.test",
  ]);
  expect(run.text).not.toMatch(/220 /);
  expect(run.code).not.toBe(0);
});
