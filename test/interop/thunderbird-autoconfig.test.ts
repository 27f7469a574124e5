import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { AddedDevice } from "../../src/contract/devices.ts";
import { addAgency, imapOf, webSessionOf } from "../support/agency.ts";
import { type Authority, newAuthority } from "../support/certificates.ts";
import { needs } from "../support/programs.ts";
import { startSystem, type System } from "../support/system.ts";
import { startThunderbird, type Thunderbird } from "../support/thunderbird.ts";

const ALICE = "alice@acme.test";
const HOST = "mail.agencies.test";

let authority: Authority | undefined;
let system: System | undefined;
let thunderbird: Thunderbird | undefined;
let proxy: Server | undefined;
/** What came for the names of the domain: `host path`. */
const asked: string[] = [];

/** What stands in front of the pages in the world: it has their names, and leads to our server. */
async function startFront(webUrl: string): Promise<{ server: Server; port: number }> {
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://front.test");
    asked.push(`${url.hostname} ${url.pathname}${url.search}`);
    const onward = request(
      `${webUrl}${url.pathname}${url.search}`,
      { method: req.method, headers: { ...req.headers, host: url.host } },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      },
    );
    onward.on("error", () => res.writeHead(502).end());
    req.pipe(onward);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : 0 };
}

beforeAll(async () => {
  authority = newAuthority();
  const { certFile, keyFile } = authority.issue([HOST]);
  system = await startSystem({
    env: { ANGELIA_TLS_CERT: certFile, ANGELIA_TLS_KEY: keyFile, ANGELIA_CLIENT_HOST: HOST },
  });
  await addAgency(system, "acme", ["alice"]);
});
beforeEach((context) => needs(context, "thunderbird"));
afterAll(async () => {
  await thunderbird?.[Symbol.asyncDispose]();
  proxy?.close();
  proxy?.closeAllConnections();
  await system?.stop();
  authority?.[Symbol.dispose]();
});

test("Thunderbird is given an address and the password of a device, finds the servers by itself, and reads the mail", async () => {
  if (system === undefined || authority === undefined) throw new Error("nothing has started");
  const imap = await imapOf(system, ALICE);
  await imap.ok(
    "APPEND INBOX ",
    Buffer.from(
      `From: bob@acme.test\r\nTo: ${ALICE}\r\nSubject: Found by itself\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\nHello.\r\n`,
    ),
  );
  imap.close();
  const added = await fetch(`${system.webUrl}/v1/me/devices`, {
    method: "POST",
    headers: { "content-type": "application/json", cookie: await webSessionOf(system, ALICE) },
    body: JSON.stringify({ label: "Thunderbird", kind: "thunderbird" }),
  });
  const { password, settings } = AddedDevice.parse(await added.json());
  expect(settings[0]).toMatchObject({ protocol: "imap", host: HOST, port: system.ports.imaps });

  const front = await startFront(system.webUrl);
  proxy = front.server;
  const tb = await startThunderbird();
  thunderbird = tb;
  const found = await tb.run(
    `
    const [address, password, host, proxyPort, ca] = args;
    const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
    const { setTimeout: after } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
    const { FetchConfig } = ChromeUtils.importESModule("resource:///modules/accountcreation/FetchConfig.sys.mjs");
    const { AccountConfig } = ChromeUtils.importESModule("resource:///modules/accountcreation/AccountConfig.sys.mjs");
    const { CreateInBackend } = ChromeUtils.importESModule("resource:///modules/accountcreation/CreateInBackend.sys.mjs");
    // The world in which the names of the domain lead here, and the authority of the test is known.
    Services.prefs.setCharPref("network.dns.localDomains", host);
    Services.prefs.setCharPref("network.proxy.http", "127.0.0.1");
    Services.prefs.setIntPref("network.proxy.http_port", proxyPort);
    Services.prefs.setIntPref("network.proxy.type", 1);
    Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(ca, "C,,");
    const until = async (what, isSo) => {
      for (let tries = 0; tries < 500; tries++) {
        const found = isSo();
        if (found) return found;
        await new Promise((resolve) => after(resolve, 50));
      }
      throw new Error("never: " + what);
    };
    const domain = address.split("@")[1];
    const config = await FetchConfig.fromISP(domain, address, new AbortController().signal);
    const offered = [config.incoming, ...config.incomingAlternatives].map(({ type, hostname, port, socketType }) => [type, hostname, port, socketType].join(" "));
    AccountConfig.replaceVariables(config, "Alice", address, password);
    config.rememberPassword = true;
    const account = await CreateInBackend.createAccountInBackend(config);
    const server = account.incomingServer;
    server.password = password;
    const outgoing = MailServices.outgoingServer.getServerByKey(account.defaultIdentity.smtpServerKey);
    server.performExpand(null);
    const inbox = await until("the inbox", () => server.rootFolder.subFolders.find((one) => one.name.toLowerCase() === "inbox"));
    await new Promise((resolve) => inbox.QueryInterface(Ci.nsIMsgImapMailFolder).updateFolderWithListener(null,
      { OnStartRunningUrl() {}, OnStopRunningUrl(url, status) { resolve(status); } }));
    await until("the message", () => [...inbox.msgDatabase.enumerateMessages()].length === 1);
    return {
      offered,
      user: server.username,
      secure: server.socketType === Ci.nsMsgSocketType.SSL,
      port: server.port,
      out: [outgoing.type, outgoing.serverURI.host, outgoing.serverURI.port, outgoing.username].join(" "),
      subjects: [...inbox.msgDatabase.enumerateMessages()].map((one) => one.mime2DecodedSubject),
    };
    `,
    ALICE,
    password,
    HOST,
    front.port,
    authority.pem.replaceAll(/-----[^-]+-----|\s/g, ""),
  );
  expect(found).toEqual({
    offered: [`imap ${HOST} ${system.ports.imaps} 3`, `pop3 ${HOST} ${system.ports.pop3s} 3`],
    user: ALICE,
    secure: true,
    port: system.ports.imaps,
    out: `smtp ${HOST} ${system.ports.submissions} ${ALICE}`,
    subjects: ["Found by itself"],
  });
  // It was the name of the domain that led here.
  expect(asked).toContain(
    `autoconfig.acme.test /mail/config-v1.1.xml?emailaddress=${encodeURIComponent(ALICE)}`,
  );
});

test("the name of the host says which domain it is about, where the question does not", async () => {
  const front = system?.webUrl ?? "";
  const get = async (host: string, path: string): Promise<{ status: number; text: string }> => {
    const sent = request(`${front}${path}`, { headers: { host } }).end();
    const [answer] = await once(sent, "response");
    const pieces: Buffer[] = [];
    for await (const piece of answer) pieces.push(piece);
    return { status: answer.statusCode, text: Buffer.concat(pieces).toString() };
  };
  for (const [host, path] of [
    ["autoconfig.acme.test", "/mail/config-v1.1.xml"],
    ["acme.test:8080", "/.well-known/autoconfig/mail/config-v1.1.xml"],
  ] as const)
    expect(await get(host, path)).toMatchObject({
      status: 200,
      text: expect.stringContaining('id="acme.test"'),
    });
  expect(await get("autoconfig.elsewhere.test", "/mail/config-v1.1.xml")).toMatchObject({ status: 404 });
  // PACC names no ports: these servers are at others than the usual ones.
  const pacc = "/.well-known/user-agent-configuration.json";
  expect(await get("ua-auto-config.acme.test", pacc)).toMatchObject({ status: 404 });
});
