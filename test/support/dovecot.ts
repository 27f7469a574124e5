import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Daemon, startDaemon } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";
import { ImapClient } from "./imap-client.ts";
import { runTool } from "./postfix-program.ts";
import { missing } from "./programs.ts";

export interface Dovecot extends AsyncDisposable {
  /** With its version and how it stores mail. */
  readonly name: string;
  readonly imapPort: number;
  /** 0 where POP3 was not asked for */
  readonly pop3Port: number;
  /** Everybody is there, with any password. */
  login(user: string, timeoutMs?: number): Promise<ImapClient>;
  log(): string;
}

/** Why it can't run here; undefined when it can. */
export function dovecotUnavailable(): string | undefined {
  if (process.getuid?.() !== 0) return "Dovecot switches accounts, so it starts as root only";
  return missing("dovecot");
}

/** Starts Debian's Dovecot for IMAP, and for POP3 where it is asked for, with a configuration of its own on a free port of loopback.
 * @param format how it stores mail. Whatever is not named here is as Debian sets it, mail_fsync too (optimized: what a
 * client was told is on disk)
 * @param more settings, for who knows its folder */
export async function startDovecot(
  format: "mdbox" | "maildir" = "mdbox",
  withPop3 = false,
  more: (dir: string) => readonly string[] = () => [],
): Promise<Dovecot> {
  const dir = mkdtempSync(join(tmpdir(), "angelia-dovecot-"));
  chmodSync(dir, 0o755);
  const mail = join(dir, "mail");
  mkdirSync(mail);
  runTool("chown", "nobody:nogroup", mail);
  const [imapPort = 0, pop3Port = 0] = await freePorts(withPop3 ? 2 : 1);
  const config = join(dir, "dovecot.conf");
  const lines = [
    `base_dir = ${dir}/run`,
    `state_dir = ${dir}/state`,
    `log_path = ${dir}/dovecot.log`,
    `protocols = imap${withPop3 ? " pop3" : ""}`,
    "listen = 127.0.0.1",
    "ssl = no",
    "disable_plaintext_auth = no",
    `mail_location = ${format === "mdbox" ? "mdbox:~/mdbox" : "maildir:~/Maildir"}`,
    "mail_max_userip_connections = 0",
    "auth_username_format = %n",
    "passdb {\n driver = static\n args = nopassword=y\n}",
    `userdb {\n driver = static\n args = uid=nobody gid=nogroup home=${mail}/%n allow_all_users=yes\n}`,
    "first_valid_uid = 1",
    "first_valid_gid = 1",
    `service imap-login {\n inet_listener imap {\n  port = ${imapPort}\n }\n inet_listener imaps {\n  port = 0\n }\n}`,
    ...(withPop3
      ? [
          `service pop3-login {\n inet_listener pop3 {\n  port = ${pop3Port}\n }\n inet_listener pop3s {\n  port = 0\n }\n}`,
        ]
      : []),
    "namespace inbox {\n inbox = yes\n separator = /\n}",
    ...more(dir),
  ];
  writeFileSync(config, `${lines.join("\n")}\n`);
  const login = (user: string, timeoutMs = 30_000): Promise<ImapClient> =>
    ImapClient.login({ port: imapPort, timeoutMs }, user, "any");
  const daemon: Daemon = await startDaemon({
    dir,
    program: "/usr/sbin/dovecot",
    args: ["-F", "-c", config],
    isReady: async () => {
      (await ImapClient.connect({ port: imapPort })).close();
      return true;
    },
  });
  const version = /^(\S+)/.exec(runTool("/usr/sbin/dovecot", "--version"))?.[1];
  return {
    name: `Dovecot ${version} (${format})`,
    imapPort,
    pop3Port,
    login,
    log: () => daemon.log(),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}
