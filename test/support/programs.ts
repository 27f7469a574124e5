import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What tests need beside Node: how to see that it is there, and Debian's package that brings it, or what else helps. */
const PROGRAMS = {
  "7zz": { package: "7zip" },
  chromium: { package: "chromium" },
  clamd: { package: "clamav-daemon" },
  curl: { package: "curl" },
  dkimpy: {
    package: "python3-dkim python3-dnspython python3-nacl",
    has: () => runs("/usr/bin/python3", "-c", "import dkim, dns.resolver, nacl"),
  },
  dkimverify: {
    package: "python3-dkim python3-dnspython python3-nacl",
    has: () => runs("/usr/bin/python3", "-c", "import dkim, dns.resolver, nacl") && onPath("dkimverify"),
  },
  dovecot: { package: "dovecot-imapd dovecot-lmtpd" },
  "dovecot-pop3": { package: "dovecot-pop3d", has: () => existsSync("/usr/lib/dovecot/pop3") },
  fetchmail: { package: "fetchmail" },
  ip: { package: "iproute2" },
  mbsync: { package: "isync" },
  gsasl: { package: "gsasl" },
  mpop: { package: "mpop" },
  msmtp: { package: "msmtp" },
  mutt: { package: "mutt" },
  "dnssec-signzone": { package: "bind9-utils" },
  named: { package: "bind9" },
  nsupdate: { package: "bind9-dnsutils" },
  "opendkim-testmsg": { package: "opendkim-tools" },
  openssl: { package: "openssl" },
  "perl-tls": { package: "libnet-ssleay-perl", has: () => runs("perl", "-MNet::SSLeay", "-e", "1") },
  postfix: { package: "postfix" },
  python3: {
    package: "python3",
    has: () => runs("/usr/bin/env", "python3", "-c", "import imaplib, smtplib"),
  },
  "own-resolver": {
    instead: "run as root, so that programs can be given a resolv.conf of their own",
    has: () => process.getuid?.() === 0 && runs("/usr/bin/unshare", "--mount", "/bin/true"),
  },
  "redis-server": { package: "redis-server" },
  rspamd: { package: "rspamd" },
  script: { package: "bsdutils" },
  swaks: { package: "swaks" },
  thunderbird: { package: "thunderbird" },
  unbound: { package: "unbound" },
} as const satisfies Record<string, Needed>;

interface Needed {
  readonly package?: string;
  /** What to do where no package helps. */
  readonly instead?: string;
  readonly has?: () => boolean;
}

export type Program = keyof typeof PROGRAMS;

/** The part of vitest's test context that a gate uses. */
interface Skippable {
  skip(note: string): never;
}

const seen = new Map<Program, boolean>();

/** True when the program can be run here. */
export function isInstalled(name: Program): boolean {
  const known = seen.get(name);
  if (known !== undefined) return known;
  const program: Needed = PROGRAMS[name];
  const found = program.has === undefined ? onPath(name) : program.has();
  seen.set(name, found);
  return found;
}

/** Says what is missing and how to get it; undefined when nothing is. */
export function missing(...names: readonly Program[]): string | undefined {
  const absent = names.filter((name) => !isInstalled(name));
  if (absent.length === 0) return undefined;
  const needed = absent.map((name): Needed => PROGRAMS[name]);
  const packages = needed.flatMap((one) => one.package ?? []);
  const ways = [
    ...(packages.length > 0 ? [`get it with: apt-get install ${packages.join(" ")}`] : []),
    ...needed.flatMap((one) => one.instead ?? []),
  ];
  return `${absent.join(", ")} not here; ${ways.join("; ")}`;
}

/** First line of a test that runs other programs: without them it is skipped and says so, and with
 * ANGELIA_REQUIRE_ALL=1 it fails. As a hook: `beforeEach((context) => needs(context, "swaks"))`. */
export function needs(context: Skippable, ...names: readonly Program[]): void {
  const reason = missing(...names);
  if (reason === undefined) return;
  if (process.env["ANGELIA_REQUIRE_ALL"] === "1") throw new Error(reason);
  context.skip(reason);
}

function onPath(name: string): boolean {
  // Servers stand in sbin, which is not on everyone's path.
  const dirs = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return dirs.some((dir) => {
    try {
      accessSync(join(dir, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function runs(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}
