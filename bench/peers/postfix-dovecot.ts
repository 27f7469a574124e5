import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../test/support/free-ports.ts";
import { masterLine, runTool } from "../../test/support/postfix-program.ts";
import { missing } from "../../test/support/programs.ts";
import { plainEnvironment } from "../../test/support/run-program.ts";
import { endsWithUs } from "../ends-with-us.ts";
import { type Delivered, LogTail } from "./log-tail.ts";

export interface PeerOptions {
  readonly domain: string;
  readonly mailboxes: number;
  /** of a milter that looks at each message (Rspamd) */
  readonly milterPort?: number | undefined;
}

export interface Peer extends AsyncDisposable {
  /** The name and versions of what was measured. */
  readonly name: string;
  readonly smtpPort: number;
  readonly imapPort: number;
  /** Any password signs in. */
  readonly password: string;
  /** What has reached the mailboxes so far. */
  delivered(): Delivered;
  stop(): Promise<void>;
}

/** Why it can't run here; undefined when it can. */
export function peerUnavailable(): string | undefined {
  if (process.getuid?.() !== 0) return "Postfix and Dovecot switch accounts, so they start as root only";
  return missing("postfix", "dovecot");
}

/** Runs Debian's Postfix and Dovecot with configurations of their own: Postfix takes mail on a free port of the loopback
 * address and hands it by LMTP to Dovecot, which stores it as mdbox. Both sync to disk before they say yes: Postfix always
 * does (its queue file), Dovecot with mail_fsync. */
export async function startPostfixDovecot(options: PeerOptions): Promise<Peer> {
  const dir = mkdtempSync(join(tmpdir(), "angelia-peer-"));
  chmodSync(dir, 0o755);
  const [smtpPort = 0, imapPort = 0] = await freePorts(2);
  const started: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const child of started.toReversed()) await end(child);
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const dovecot = writeDovecot(dir, imapPort);
    const postfix = writePostfix(dir, smtpPort, options);
    started.push(launch("/usr/sbin/dovecot", ["-F", "-c", dovecot], dir));
    runTool("/usr/sbin/postfix", "-c", postfix, "check"); // makes the folders of the queue
    started.push(launch("/usr/lib/postfix/sbin/master", ["-s", "-c", postfix], dir));
    await Promise.all([listening(imapPort, dir), listening(smtpPort, dir)]);
  } catch (error) {
    await stop();
    throw error;
  }
  const tail = new LogTail(join(dir, "postfix.log"));
  return {
    name: versions(),
    smtpPort,
    imapPort,
    password: "any",
    delivered: () => tail.read(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function writeDovecot(dir: string, imapPort: number): string {
  const mail = join(dir, "mail");
  mkdirSync(mail);
  runTool("chown", "nobody:nogroup", mail);
  const lines = [
    `base_dir = ${dir}/dovecot`,
    `state_dir = ${dir}/dovecot-state`,
    `log_path = ${dir}/dovecot.log`,
    "protocols = lmtp imap",
    "listen = 127.0.0.1",
    "ssl = no",
    "disable_plaintext_auth = no",
    "mail_location = mdbox:~/mdbox",
    // Syncs what was delivered before the reply. "always" syncs more than that needs, and is about as fast.
    "mail_fsync = optimized",
    "mail_max_userip_connections = 0",
    "auth_username_format = %n",
    "passdb {\n driver = static\n args = nopassword=y\n}",
    `userdb {\n driver = static\n args = uid=nobody gid=nogroup home=${mail}/%2.26Hn/%n allow_all_users=yes\n}`,
    "first_valid_uid = 1",
    "first_valid_gid = 1",
    `service lmtp {\n process_min_avail = 4\n unix_listener ${dir}/lmtp {\n  mode = 0666\n }\n}`,
    `service imap-login {\n inet_listener imap {\n  port = ${imapPort}\n }\n inet_listener imaps {\n  port = 0\n }\n}`,
    "service lmtp {\n client_limit = 1\n}",
    "namespace inbox {\n inbox = yes\n}",
  ];
  const path = join(dir, "dovecot.conf");
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

function writePostfix(dir: string, smtpPort: number, { domain, mailboxes, milterPort }: PeerOptions): string {
  const etc = join(dir, "postfix");
  for (const folder of ["postfix", "queue", "postfix-data"]) mkdirSync(join(dir, folder));
  runTool("chown", "postfix", join(dir, "postfix-data"));
  const table = join(etc, "mailboxes");
  const entries = Array.from({ length: mailboxes }, (_, i) => `u${i}@${domain} u${i}\n`);
  writeFileSync(table, entries.join(""));
  const settings = {
    compatibility_level: "3.6",
    queue_directory: join(dir, "queue"),
    data_directory: join(dir, "postfix-data"),
    command_directory: "/usr/sbin",
    daemon_directory: "/usr/lib/postfix/sbin",
    mail_owner: "postfix",
    setgid_group: "postdrop",
    maillog_file: join(dir, "postfix.log"),
    maillog_file_prefixes: dir,
    inet_interfaces: "127.0.0.1",
    inet_protocols: "ipv4",
    myhostname: `mx.${domain}`,
    mydestination: "",
    alias_maps: "",
    mynetworks: "127.0.0.0/8",
    virtual_mailbox_domains: domain,
    virtual_mailbox_maps: `hash:${table}`,
    virtual_transport: `lmtp:unix:${dir}/lmtp`,
    smtpd_relay_restrictions: "reject_unauth_destination",
    smtpd_peername_lookup: "no",
    disable_dns_lookups: "yes",
    message_size_limit: "52428800",
    virtual_mailbox_limit: "0",
    mailbox_size_limit: "0",
    // Else each new message waits a second whenever delivery falls behind.
    in_flow_delay: "0",
    ...(milterPort === undefined
      ? {}
      : {
          smtpd_milters: `inet:127.0.0.1:${milterPort}`,
          milter_default_action: "tempfail",
          milter_protocol: "6",
        }),
  };
  writeFileSync(
    join(etc, "main.cf"),
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(""),
  );
  writeFileSync(join(etc, "master.cf"), masterCf(smtpPort));
  runTool("postmap", "-c", etc, `hash:${table}`);
  return etc;
}

/** Postfix's usual services, none of them in a chroot. */
function masterCf(smtpPort: number): string {
  return [
    masterLine(`127.0.0.1:${smtpPort}`, "inet", "n", "-", "-", "smtpd"),
    masterLine("pickup", "unix", "n", "60", "1", "pickup"),
    masterLine("cleanup", "unix", "n", "-", "0", "cleanup"),
    masterLine("qmgr", "unix", "n", "300", "1", "qmgr"),
    masterLine("tlsmgr", "unix", "-", "1000?", "1", "tlsmgr"),
    masterLine("rewrite", "unix", "-", "-", "-", "trivial-rewrite"),
    ...["bounce", "defer", "trace"].map((name) => masterLine(name, "unix", "-", "-", "0", "bounce")),
    masterLine("verify", "unix", "-", "-", "1", "verify"),
    masterLine("flush", "unix", "n", "1000?", "0", "flush"),
    masterLine("proxymap", "unix", "-", "-", "-", "proxymap"),
    masterLine("proxywrite", "unix", "-", "-", "1", "proxymap"),
    masterLine("showq", "unix", "n", "-", "-", "showq"),
    ...["error", "retry"].map((name) => masterLine(name, "unix", "-", "-", "-", "error")),
    masterLine("lmtp", "unix", "-", "-", "-", "lmtp"),
    masterLine("anvil", "unix", "-", "-", "1", "anvil"),
    masterLine("scache", "unix", "-", "-", "1", "scache"),
    masterLine("postlog", "unix-dgram", "n", "-", "1", "postlogd"),
  ].join("");
}

function launch(program: string, args: readonly string[], dir: string): ChildProcess {
  const child = spawn(program, args, {
    env: plainEnvironment(),
    detached: true, // a process group of its own
    stdio: ["ignore", "ignore", "ignore"],
  });
  child.on("error", () => undefined);
  endsWithUs(child.pid, dir);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  if (child.exitCode === null && child.signalCode === null && child.kill("SIGTERM"))
    await Promise.race([ended, sleep(10_000, undefined, { ref: false })]);
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // the whole group is gone already
  }
}

async function listening(port: number, dir: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const works = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: "127.0.0.1" }, () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (works) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on port ${port}:\n${logsOf(dir)}`);
}

function logsOf(dir: string): string {
  return ["dovecot.log", "postfix.log"]
    .map((name) => {
      try {
        return readFileSync(join(dir, name), "utf8").slice(-2_000);
      } catch {
        return `${name}: none\n`;
      }
    })
    .join("");
}

function versions(): string {
  const postfix = /= *(\S+)/.exec(runTool("/usr/sbin/postconf", "-d", "mail_version"))?.[1];
  const dovecot = /^(\S+)/.exec(runTool("/usr/sbin/dovecot", "--version"))?.[1];
  return `Postfix ${postfix} + Dovecot ${dovecot} (LMTP, mdbox)`;
}
