import { Resolver } from "node:dns/promises";
import { expect, test } from "vitest";
import { clientRecordsOf } from "../../host/client-records.ts";
import { checkDomainsJob } from "../../smtp-relay/jobs/check-domains.ts";
import { updateZone } from "../../smtp-relay/signing/dns-update.ts";
import { STANDARD_PORTS } from "../../src/protocol/autoconfig/index.ts";
import { newSigning, ROTATION_DEFAULTS, type RotationDeps } from "../../src/signing/index.ts";
import { openOwnDomains } from "../support/own-domain-world.ts";
import { needs } from "../support/programs.ts";

const CONFIG = {
  clients: { host: "mail.hosted.test", ports: STANDARD_PORTS },
  publicUrl: "https://mail.hosted.test",
  dkim: { zone: "hosted.test", rotationDays: 90, update: undefined },
};

test("our name server says where the servers of a hosted domain are, and nothing of one elsewhere", async (context) => {
  needs(context, "named");
  await using world = await openOwnDomains({ "hosted.test": "mail 60 IN A 127.0.0.1" });
  const { bind, domains, platform } = world;
  const { db, tenancy } = platform;
  const key = { ...bind.key, secret: Buffer.from(bind.key.secret, "base64") };
  const primary = { host: "127.0.0.1", port: bind.port, zone: "hosted.test", key };
  const rotation: RotationDeps = {
    signing: newSigning({ db, keys: tenancy.keys, clock: Date.now, zone: "hosted.test" }),
    times: ROTATION_DEFAULTS,
    lookUp: () => Promise.resolve([]),
    push: (records) => updateZone(primary, records, Date.now),
    log: domains.log,
  };
  const job = checkDomainsJob(domains, rotation, (domain) => clientRecordsOf(CONFIG, domain));
  await job.run(new AbortController().signal);
  await job.run(new AbortController().signal); // writing them again changes nothing
  const dns = new Resolver();
  dns.setServers([`127.0.0.1:${bind.port}`]);
  const srv = async (service: string) =>
    (await dns.resolveSrv(`_${service}._tcp.first.hosted.test`)).map(
      ({ priority, weight, port, name }) => `${priority} ${weight} ${port} ${name}`,
    );
  expect(await srv("imaps")).toEqual(["0 1 993 mail.hosted.test"]);
  expect(await srv("submissions")).toEqual(["0 1 465 mail.hosted.test"]);
  expect(await srv("pop3s")).toEqual(["10 1 995 mail.hosted.test"]);
  expect(await srv("jmap")).toEqual(["0 1 443 mail.hosted.test"]);
  expect(await srv("autodiscover")).toEqual(["0 1 443 mail.hosted.test"]);
  expect(await dns.resolveCname("autoconfig.second.hosted.test")).toEqual(["mail.hosted.test"]);
  expect(await dns.resolveTxt("_ua-auto-config.first.hosted.test")).toEqual([
    [expect.stringMatching(/^v=UAAC1; a=sha256; d=[A-Za-z0-9+/]{43}=$/)],
  ]);
  expect(clientRecordsOf(CONFIG, "agency.test")).toEqual([]);
  // On a machine of one's own there is no name that anybody could ask.
  expect(clientRecordsOf({ ...CONFIG, publicUrl: "http://127.0.0.1:8080" }, "first.hosted.test")).toEqual([]);
});
