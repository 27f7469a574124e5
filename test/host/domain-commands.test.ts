import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { DomainDetail } from "../../src/contract/domains.ts";
import { nodeResolver } from "../../smtp-relay/delivery/node-resolver.ts";
import { addAgency } from "../support/agency.ts";
import { startBind } from "../support/bind.ts";
import { needs } from "../support/programs.ts";
import { runProgram } from "../support/run-program.ts";
import { startSystem } from "../support/system.ts";

beforeEach((context) => needs(context, "named", "nsupdate"));

const Details = z.array(DomainDetail.extend({ tenant: z.string() }));
const Zone = z.array(z.object({ name: z.string(), type: z.string(), value: z.string() }));

test("the operator sees domains, checks them, and our name server is told by itself", async () => {
  await using bind = await startBind({ "hosted.test": "mx 60 IN A 192.0.2.1", "agency.test": "" });
  const { name, algorithm, secret } = bind.key;
  await using system = await startSystem({
    env: {
      ANGELIA_HOSTED_DOMAIN: "hosted.test",
      ANGELIA_HOSTNAME: "mx.hosted.test",
      ANGELIA_DNS: `127.0.0.1:${bind.port}`,
      ANGELIA_DNS_PRIVATE_HOSTS: "1",
      ANGELIA_DNS_UPDATE: `127.0.0.1:${bind.port},hosted.test,${name},${algorithm},${secret}`,
    },
  });
  await addAgency(system, "acme", ["ann"]);
  await system.cli("domain", "add", "agency.test", "--tenant", "acme");
  const [claimed] = Details.parse(await system.cli("domain", "check", "agency.test"));
  expect(claimed).toMatchObject({ tenant: "acme", state: "unproven", exists: true, problems: 5 });
  const lines = (claimed?.records ?? []).map((one) => {
    const priority = one.priority === null ? "" : `${one.priority} `;
    const data = one.type === "TXT" ? `"${one.value}"` : `${priority}${one.value}.`;
    return `update add ${one.name} 60 ${one.type} ${data}`;
  });
  const input = [`server 127.0.0.1 ${bind.port}`, ...lines, "send", ""].join("\n");
  const done = await runProgram("nsupdate", ["-y", `${algorithm}:${name}:${secret}`], { input });
  expect(done.text).toContain("exit code 0");
  const [checked] = Details.parse(await system.cli("domain", "check", "agency.test", "--tenant", "acme"));
  expect(checked).toMatchObject({ state: "live", problems: 0 });
  expect(Details.parse(await system.cli("domain", "records", "agency.test"))[0]?.state).toBe("live");
  expect(await system.cli("domain", "list", "--tenant", "acme")).toContainEqual(
    expect.objectContaining({ name: "agency.test", state: "live", primary: false }),
  );
  await expect(system.cli("domain", "check", "nobody.test")).rejects.toThrow("not set up here");

  const zone = Zone.parse(await system.cli("dns", "zone"));
  expect(zone).toContainEqual({
    name: "_spf.hosted.test",
    type: "TXT",
    value: "v=spf1 a:mx.hosted.test -all",
  });
  expect(zone.some((one) => one.name === "_dck1.hosted.test" && one.value.startsWith("p=1,a=RS256,d="))).toBe(
    true,
  );
  expect(await system.cli("dns", "template")).toMatchObject({ providerId: "hosted.test", serviceId: "mail" });
  // What stands in the zone, the running system has told our name server.
  const ask = (): Promise<readonly string[]> =>
    nodeResolver([{ host: "127.0.0.1", port: bind.port }]).txt("_dmarc.agency.test");
  for (let tries = 0; (await ask()).length === 0 && tries < 120; tries++) await sleep(500);
  expect(await ask()).toEqual(["v=DMARC1; p=none; rua=mailto:dmarc@reports.hosted.test"]);
}, 120_000);
