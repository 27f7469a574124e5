import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SystemStatus } from "../../src/contract/system-status.ts";
import { addAgency, imapOf, webSessionOf } from "../support/agency.ts";
import { type ClamdDaemon, EICAR, startClamd } from "../support/clamd.ts";
import { missing } from "../support/programs.ts";
import { GTUBE, type RspamdDaemon, startRspamd } from "../support/rspamd.ts";
import { runProgram } from "../support/run-program.ts";
import { until } from "../support/smtp-relay.ts";
import { startSystem, type System } from "../support/system.ts";

const why = missing("rspamd", "redis-server", "clamd", "swaks");
const runs = why === undefined || process.env["ANGELIA_REQUIRE_ALL"] === "1";

describe.skipIf(!runs)(`the whole product with its scanners${why === undefined ? "" : ` (${why})`}`, () => {
  let rspamd: RspamdDaemon;
  let clamd: ClamdDaemon;
  let system: System;

  beforeAll(async () => {
    [rspamd, clamd] = await Promise.all([startRspamd(), startClamd()]);
    system = await startSystem({
      env: {
        ANGELIA_RSPAMD_URL: rspamd.url,
        ANGELIA_RSPAMD_CONTROLLER_URL: rspamd.controllerUrl,
        ANGELIA_RSPAMD_PASSWORD: rspamd.password,
        ANGELIA_CLAMD: clamd.path,
      },
    });
    await addAgency(system, "acme", ["alice"]);
    await system.cli("role", "grant", "alice@acme.test", "admin");
  }, 180_000);
  afterAll(async () => {
    await system?.stop();
    await Promise.all([rspamd?.[Symbol.asyncDispose](), clamd?.[Symbol.asyncDispose]()]);
  });

  const swaks = async (body: string): Promise<string> => {
    const envelope = ["--from", "ann@other.test", "--to", "alice@acme.test"];
    const server = `127.0.0.1:${system.ports.mx}`;
    const { text } = await runProgram("swaks", ["--server", server, ...envelope, "--body", body]);
    return text;
  };

  async function status(): Promise<SystemStatus> {
    const cookie = await webSessionOf(system, "alice@acme.test");
    const answer = await fetch(`${system.webUrl}/v1/status`, { headers: { cookie } });
    expect(answer.status).toBe(200);
    return SystemStatus.parse(await answer.json());
  }

  test("the start page, readiness, the API and the command line say what is on", async () => {
    expect(system.log()).toMatch(/ {2}spam filter +rspamd\/\d[\d.]* at http:/);
    expect(system.log()).toMatch(/ {2}virus scanner +ClamAV \d/);
    expect(await (await fetch(`${system.webUrl}/readyz`)).json()).toMatchObject({
      scanners: { "spam filter": "on", "virus scanner": "on" },
    });
    const { scanners } = await status();
    expect(scanners.map(({ name, state, version }) => [name, state, version?.split(/[ /]/)[0]])).toEqual([
      ["spam filter", "on", "rspamd"],
      ["virus scanner", "on", "ClamAV"],
    ]);
    expect(await system.cli("status", "show")).toMatchObject({
      scanners: [
        { state: "on", address: rspamd.url },
        { state: "on", address: clamd.path },
      ],
    });
  });

  test("swaks is told: spam and malware refused, clean mail delivered with its marks", async () => {
    expect(await swaks(GTUBE)).toMatch(/<\*\* 554 5\.7\.1 .*spam/);
    expect(await swaks(EICAR)).toMatch(/<\*\* 554 5\.7\.1 .*malware/);
    expect(await swaks("Good morning, here are the minutes.")).toMatch(/<- +250 2\.0\.0/);
    const imap = await imapOf(system, "alice@acme.test");
    await imap.ok("SELECT INBOX");
    const text = String((await imap.fetch("FETCH 1 (BODY.PEEK[HEADER])")).get(1)?.get("BODY[HEADER]"));
    await imap.logout();
    expect(text).toContain("X-Angelia-Checks: spam=done; virus=done; attachments=done");
    expect(text).toMatch(/Authentication-Results: mail\.agencies\.test;/);
  });

  test("one that dies is told by all of them, and is back when it is back", async () => {
    await clamd.kill9();
    expect(await swaks("Good morning.")).toMatch(/<\*\* 451 4\.7\.1 /);
    const [, virus] = (await status()).scanners;
    expect(virus).toMatchObject({ state: "down", version: expect.stringMatching(/^ClamAV/) });
    expect(virus?.lastError?.text).toMatch(/^connect ECONN|^connect ENOENT/);
    expect(JSON.stringify(virus)).not.toContain(clamd.path);
    await expect(system.cli("status", "show")).rejects.toThrow(/virus scanner/);
    await clamd.restart();
    expect(await swaks("Good morning.")).toMatch(/<- +250 2\.0\.0/);
    await until(async () => (await status()).scanners[1]?.state === "on");
  });
});
