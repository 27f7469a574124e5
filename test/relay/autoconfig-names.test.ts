import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientRecordsOf } from "../../host/client-records.ts";
import { autoconfigRoutes } from "../../src/edge/autoconfig/autoconfig-routes.ts";
import { NotifyingQueueSignal } from "../../src/outbound/index.ts";
import { STANDARD_PORTS } from "../../src/protocol/autoconfig/index.ts";
import { type TestPlatform, testPlatform } from "../support/platform.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const CLIENTS = { host: "mail.hosted.test", ports: STANDARD_PORTS };
const PUBLIC_URL = "https://mail.hosted.test";
const PACC = "/.well-known/user-agent-configuration.json";

let platform: TestPlatform;
let ask: (url: string) => Promise<Response>;
let counted = 0;
beforeAll(async () => {
  platform = await testPlatform();
  await platform.tenant("acme", "acme.hosted.test");
  const { store, tenancy } = platform;
  const queue = new NotifyingQueueSignal(platform.db, silent);
  const outbound = { store, tenancy, queue, hostname: "mx.hosted.test", publicUrl: PUBLIC_URL };
  const app = autoconfigRoutes(
    { store, tenancy, outbound, clients: CLIENTS },
    { discovery: () => void counted++ },
  );
  ask = async (url) => app.request(url);
});
afterAll(() => platform[Symbol.asyncDispose]());

test("the document of PACC has the octets whose digest our zone tells", async () => {
  const res = await ask(`https://ua-auto-config.acme.hosted.test${PACC}`);
  expect(res.status).toBe(200);
  expect(res.headers.get("content-type")).toBe("application/json");
  const octets = new Uint8Array(await res.arrayBuffer());
  const digest = createHash("sha256").update(octets).digest("base64");
  const records = clientRecordsOf(
    {
      clients: CLIENTS,
      publicUrl: PUBLIC_URL,
      dkim: { zone: "hosted.test", rotationDays: 1, update: undefined },
    },
    "acme.hosted.test",
  );
  expect(records.find((one) => one.type === "TXT")).toMatchObject({
    name: "_ua-auto-config.acme.hosted.test",
    value: `v=UAAC1; a=sha256; d=${digest}`,
  });
  expect(JSON.parse(new TextDecoder().decode(octets))).toMatchObject({
    protocols: { imap: { host: "mail.hosted.test" }, jmap: { url: "https://mail.hosted.test/jmap/session" } },
  });
  expect((await ask(`https://ua-auto-config.elsewhere.test${PACC}`)).status).toBe(404);
});

test("the name of the host says which domain is meant; every question is counted", async () => {
  const before = counted;
  const named = await ask("http://autoconfig.acme.hosted.test/mail/config-v1.1.xml");
  const itself = await ask("http://acme.hosted.test/.well-known/autoconfig/mail/config-v1.1.xml");
  expect([named.status, await named.text()]).toEqual([itself.status, await itself.text()]);
  expect((await ask("http://autoconfig.elsewhere.test/mail/config-v1.1.xml")).status).toBe(404);
  expect(counted - before).toBe(3);
});
