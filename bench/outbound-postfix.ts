import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDaemon } from "../test/support/daemon.ts";
import { freePorts } from "../test/support/free-ports.ts";
import { masterLine, runTool } from "../test/support/postfix-program.ts";
import { SmtpClient } from "../test/support/smtp-client.ts";
import { cpuTimeMs } from "./cpu-time.ts";
import { fillOver, type OutboundTarget } from "./outbound-angelia.ts";

const CONNECTIONS = 20;

function masterCf(port: number): string {
  return [
    masterLine(`127.0.0.1:${port}`, "inet", "n", "-", "-", "smtpd"),
    masterLine("pickup", "unix", "n", "60", "1", "pickup"),
    masterLine("cleanup", "unix", "n", "-", "0", "cleanup"),
    masterLine("qmgr", "unix", "n", "300", "1", "qmgr"),
    masterLine("tlsmgr", "unix", "-", "1000?", "1", "tlsmgr"),
    masterLine("rewrite", "unix", "-", "-", "-", "trivial-rewrite"),
    ...["bounce", "defer", "trace"].map((name) => masterLine(name, "unix", "-", "-", "0", "bounce")),
    masterLine("flush", "unix", "n", "1000?", "0", "flush"),
    masterLine("proxymap", "unix", "-", "-", "-", "proxymap"),
    masterLine("showq", "unix", "n", "-", "-", "showq"),
    ...["error", "retry"].map((name) => masterLine(name, "unix", "-", "-", "-", "error")),
    masterLine("smtp", "unix", "-", "-", "-", "smtp"),
    masterLine("anvil", "unix", "-", "-", "1", "anvil"),
    masterLine("scache", "unix", "-", "-", "1", "scache"),
    masterLine("postlog", "unix-dgram", "n", "-", "1", "postlogd"),
  ].join("");
}

/** Debian's Postfix with the sink as its relay host. What is to wait is deferred by `defer_transports`, and goes with a flush. */
export async function startPostfixOut(sinkPort: number): Promise<OutboundTarget> {
  const dir = mkdtempSync(join(tmpdir(), "angelia-peer-"));
  chmodSync(dir, 0o755);
  const [port = 0] = await freePorts(1);
  const etc = join(dir, "etc");
  for (const folder of ["etc", "queue", "data"]) mkdirSync(join(dir, folder));
  runTool("chown", "postfix", join(dir, "data"));
  const settings: Readonly<Record<string, string>> = {
    compatibility_level: "3.6",
    queue_directory: join(dir, "queue"),
    data_directory: join(dir, "data"),
    command_directory: "/usr/sbin",
    daemon_directory: "/usr/lib/postfix/sbin",
    mail_owner: "postfix",
    setgid_group: "postdrop",
    maillog_file: join(dir, "postfix.log"),
    maillog_file_prefixes: dir,
    inet_interfaces: "127.0.0.1",
    inet_protocols: "ipv4",
    myhostname: "mx.bench.test",
    mydestination: "",
    alias_maps: "",
    mynetworks: "127.0.0.0/8",
    smtpd_peername_lookup: "no",
    smtp_tls_security_level: "none",
    disable_dns_lookups: "yes",
    smtp_host_lookup: "native",
    message_size_limit: "52428800",
    relayhost: `[127.0.0.1]:${sinkPort}`,
    // Else each new message waits a second while others are deferred.
    in_flow_delay: "0",
  };
  const write = (deferred: string): void =>
    writeFileSync(
      join(etc, "main.cf"),
      Object.entries({ ...settings, defer_transports: deferred })
        .map(([name, value]) => `${name} = ${value}\n`)
        .join(""),
    );
  write("smtp");
  writeFileSync(join(etc, "master.cf"), masterCf(port));
  runTool("/usr/sbin/postfix", "-c", etc, "check"); // makes the folders of the queue
  const daemon = await startDaemon({
    dir,
    program: "/usr/lib/postfix/sbin/master",
    args: ["-s", "-c", etc],
    isReady: async () => {
      const client = await SmtpClient.connect({ port });
      client.close();
      return client.greeting.code === 220;
    },
  });
  const open = async (): Promise<SmtpClient> => {
    const client = await SmtpClient.connect({ port, timeoutMs: 120_000 });
    await client.command("EHLO load.bench.test");
    return client;
  };
  return {
    name: `Postfix ${/= *(\S+)/.exec(runTool("/usr/sbin/postconf", "-d", "mail_version"))?.[1]}`,
    async fill(recipients, message) {
      write("smtp");
      runTool("/usr/sbin/postfix", "-c", etc, "reload");
      const clients = await Promise.all(Array.from({ length: CONNECTIONS }, open));
      await fillOver(clients, recipients, async (client, n, to) => {
        const envelope = { from: "load@bench.test", to: [to] };
        return (await client.send(envelope, message(n, to))).text;
      });
    },
    release() {
      write("");
      runTool("/usr/sbin/postfix", "-c", etc, "reload");
      runTool("/usr/sbin/postqueue", "-c", etc, "-f");
      return Promise.resolve();
    },
    cpuMs: () => cpuTimeMs(dir),
    async stop() {
      await daemon[Symbol.asyncDispose]();
    },
  };
}
