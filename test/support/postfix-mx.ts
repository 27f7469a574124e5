import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Daemon, startDaemon } from "./daemon.ts";
import { masterLine, runTool } from "./postfix-program.ts";
import { freePorts } from "./free-ports.ts";
import type { Issued } from "./certificates.ts";
import { SmtpClient } from "./smtp-client.ts";

export interface PostfixOptions {
  /** Domains that it takes mail for, into a mailbox of each address. */
  readonly domains: readonly string[];
  /** Addresses of 127/8 on which it listens, all on one port, and the certificate that it shows there; none: no TLS. */
  readonly listens: Readonly<Record<string, Issued | null>>;
  /** A free one when absent. */
  readonly port?: number;
  /** Domains of others, and the port of 127.0.0.1 where their mail goes, in TLS only. */
  readonly relays?: Readonly<Record<string, number>>;
  /** Where else mail for an address goes; it stays in the mailbox only when the address itself is among them. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
}

export interface Postfix extends AsyncDisposable {
  readonly port: number;
  /** All messages that it has put into mailboxes. */
  taken(): string[];
  log(): string;
}

/** Why it can't run here; undefined when it can. */
export function postfixUnavailable(): string | undefined {
  return process.getuid?.() === 0 ? undefined : "Postfix switches accounts, so it starts as root only";
}

function masterCf(port: number, { listens }: PostfixOptions): string {
  const listeners = Object.entries(listens).map(([ip, tls]) =>
    [
      `${ip}:${port} inet n - n - - smtpd`,
      ...(tls === null
        ? ["  -o smtpd_tls_security_level=none"]
        : ["  -o smtpd_tls_security_level=may", `  -o smtpd_tls_chain_files=${tls.keyFile},${tls.certFile}`]),
      "",
    ].join("\n"),
  );
  return [
    ...listeners,
    masterLine("pickup", "unix", "n", "60", "1", "pickup"),
    masterLine("cleanup", "unix", "n", "-", "0", "cleanup"),
    masterLine("qmgr", "unix", "n", "300", "1", "qmgr"),
    masterLine("tlsmgr", "unix", "-", "1000?", "1", "tlsmgr"),
    masterLine("rewrite", "unix", "-", "-", "-", "trivial-rewrite"),
    ...["bounce", "defer", "trace"].map((name) => masterLine(name, "unix", "-", "-", "0", "bounce")),
    masterLine("proxymap", "unix", "-", "-", "-", "proxymap"),
    masterLine("showq", "unix", "n", "-", "-", "showq"),
    ...["error", "retry"].map((name) => masterLine(name, "unix", "-", "-", "-", "error")),
    masterLine("smtp", "unix", "-", "-", "-", "smtp"),
    // Unlike the others it must keep its privileges, to write as the owner of a mailbox.
    "virtual unix - n n - - virtual\n",
    masterLine("anvil", "unix", "-", "-", "1", "anvil"),
    masterLine("scache", "unix", "-", "-", "1", "scache"),
    masterLine("postlog", "unix-dgram", "n", "-", "1", "postlogd"),
  ].join("");
}

/** Runs Debian's Postfix with a configuration of its own: the other side, as most of the world runs it. */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const dir = mkdtempSync(join(tmpdir(), "angelia-postfix-"));
  chmodSync(dir, 0o755);
  const [free = 0] = await freePorts(1);
  const port = options.port ?? free;
  const etc = join(dir, "etc");
  for (const folder of ["etc", "queue", "data", "mail"]) mkdirSync(join(dir, folder));
  runTool("chown", "postfix", join(dir, "data"));
  runTool("chown", "nobody:nogroup", join(dir, "mail"));
  const relays = Object.entries(options.relays ?? {});
  writeFileSync(
    join(etc, "transport"),
    relays.map(([domain, to]) => `${domain} smtp:[127.0.0.1]:${to}\n`).join(""),
  );
  writeFileSync(
    join(etc, "aliases"),
    Object.entries(options.aliases ?? {})
      .map(([address, to]) => `${address} ${to.join(", ")}\n`)
      .join(""),
  );
  const settings = {
    compatibility_level: "3.6",
    queue_directory: join(dir, "queue"),
    data_directory: join(dir, "data"),
    command_directory: "/usr/sbin",
    daemon_directory: "/usr/lib/postfix/sbin",
    mail_owner: "postfix",
    setgid_group: "postdrop",
    maillog_file: join(dir, "postfix.log"),
    maillog_file_prefixes: dir,
    inet_interfaces: "all",
    inet_protocols: "ipv4",
    myhostname: "mx.peer.test",
    mydestination: "",
    alias_maps: "",
    mynetworks: "127.0.0.0/8",
    virtual_alias_maps: `texthash:${join(etc, "aliases")}`,
    virtual_mailbox_domains: options.domains.join(" "),
    virtual_mailbox_maps: "static:all/",
    virtual_mailbox_base: join(dir, "mail"),
    virtual_uid_maps: "static:65534",
    virtual_gid_maps: "static:65534",
    virtual_minimum_uid: "1",
    virtual_transport: "virtual",
    relay_domains: relays.map(([domain]) => domain).join(" "),
    transport_maps: `texthash:${join(etc, "transport")}`,
    smtpd_peername_lookup: "no",
    smtpd_tls_received_header: "yes",
    smtp_tls_security_level: "encrypt",
    smtp_tls_loglevel: "1",
    disable_dns_lookups: "yes",
    smtp_host_lookup: "native",
    in_flow_delay: "0",
  };
  writeFileSync(
    join(etc, "main.cf"),
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(""),
  );
  writeFileSync(join(etc, "master.cf"), masterCf(port, options));
  runTool("/usr/sbin/postfix", "-c", etc, "check"); // makes the folders of the queue
  const [first = "127.0.0.1"] = Object.keys(options.listens);
  const daemon: Daemon = await startDaemon({
    dir,
    program: "/usr/lib/postfix/sbin/master",
    args: ["-s", "-c", etc],
    isReady: async () => {
      const client = await SmtpClient.connect({ port, host: first });
      client.close();
      return client.greeting.code === 220;
    },
  });
  const inbox = join(dir, "mail", "all", "new");
  return {
    port,
    taken: () => {
      try {
        return readdirSync(inbox).map((name) => readFileSync(join(inbox, name), "utf8"));
      } catch {
        return []; // the first message makes the folder
      }
    },
    log: () => readFileSync(join(dir, "postfix.log"), "utf8"),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}
