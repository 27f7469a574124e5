import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeResolver } from "../../smtp-relay/delivery/node-resolver.ts";
import { startDaemon } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";

/** One zone: its records in master-file form, and whether DNSSEC vouches for them. */
export interface TestZone {
  readonly records: string;
  /** signed: right. expired: its signatures have run out, so that it is bogus. unsigned: insecure. */
  readonly dnssec: "signed" | "expired" | "unsigned";
}

export interface SignedZone extends AsyncDisposable {
  /** A resolver that validates. */
  readonly server: { readonly host: string; readonly port: number };
}

const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;

function run(dir: string, program: string, ...args: readonly string[]): string {
  const done = spawnSync(program, args, { cwd: dir, encoding: "utf8", env: { ...process.env, PATH } });
  if (done.status !== 0)
    throw new Error(`${program} ${args.join(" ")}: ${done.error?.message ?? done.stderr}`);
  return done.stdout.trim();
}

const DAY_MS = 86_400_000;
/** `20261122010203`, UTC */
const stamp = (ms: number): string => new Date(ms).toISOString().replaceAll(/\D/g, "").slice(0, 14);

/** Writes a zone file, signed with a key of its own. @returns the file, and the key as a trust anchor */
function writeZone(
  dir: string,
  name: string,
  { records, dnssec }: TestZone,
): { file: string; anchor: string | null } {
  const file = join(dir, `${name}.zone`);
  const soa = `$ORIGIN ${name}.\n$TTL 60\n@ IN SOA ns.${name}. hostmaster.${name}. 1 3600 600 86400 1\n@ IN NS ns.${name}.\nns IN A 127.0.0.1\n`;
  writeFileSync(file, `${soa}${records}\n`);
  if (dnssec === "unsigned") return { file, anchor: null };
  const key = run(dir, "dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", name);
  const [from, to] =
    dnssec === "signed"
      ? [Date.now() - DAY_MS, Date.now() + 30 * DAY_MS]
      : [Date.now() - 30 * DAY_MS, Date.now() - 10 * DAY_MS];
  const dates = ["-s", stamp(from), "-e", stamp(to)];
  run(
    dir,
    "dnssec-signzone",
    "-q",
    "-S",
    "-P",
    "-z",
    ...dates,
    "-o",
    name,
    "-K",
    dir,
    "-f",
    `${file}.signed`,
    file,
    key,
  );
  const lines = readFileSync(join(dir, `${key}.key`), "utf8").split("\n");
  return {
    file: `${file}.signed`,
    anchor: lines.find((line) => line !== "" && !line.startsWith(";")) ?? null,
  };
}

/** Runs BIND with zones of which it is the primary server, and Unbound before it, which validates them with their keys as trust anchors.
 * Both listen on free ports of 127.0.0.1. */
export async function startSignedZone(zones: Readonly<Record<string, TestZone>>): Promise<SignedZone> {
  const dir = mkdtempSync(join(tmpdir(), "angelia-zone-"));
  const [named = 0, unbound = 0] = await freePorts(2);
  const [namedDir, unboundDir] = [join(dir, "named"), join(dir, "unbound")];
  for (const one of [namedDir, unboundDir]) mkdirSync(one);
  const written = Object.entries(zones).map(([name, zone]) => ({ name, ...writeZone(namedDir, name, zone) }));
  const primary = written.map(({ name, file }) => `zone "${name}" { type primary; file "${file}"; };`);
  writeFileSync(
    join(namedDir, "named.conf"),
    `options { directory "${namedDir}"; pid-file none; session-keyfile "${namedDir}/session.key"; managed-keys-directory "${namedDir}";
      listen-on port ${named} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; };
    controls { };\n${primary.join("\n")}\n`,
  );
  const anchors = written.flatMap(({ anchor }) =>
    anchor === null ? [] : [`  trust-anchor: "${anchor.replaceAll("\t", " ")}"`],
  );
  const stubs = written.map(
    ({ name }) => `stub-zone:\n  name: "${name}"\n  stub-addr: 127.0.0.1@${named}\n  stub-no-cache: yes\n`,
  );
  writeFileSync(
    join(unboundDir, "unbound.conf"),
    `server:
  interface: 127.0.0.1
  port: ${unbound}
  access-control: 127.0.0.0/8 allow
  directory: "${unboundDir}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-ip6: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  # Built in as a name that nobody has.
  local-zone: "test." nodefault
${anchors.join("\n")}
remote-control:
  control-enable: no
${stubs.join("")}`,
  );
  const [first = ""] = Object.keys(zones);
  const answers = (port: number) => async (): Promise<boolean> => {
    const resolver = nodeResolver([{ host: "127.0.0.1", port }], { timeoutMs: 1_000 });
    return (await resolver.a(`ns.${first}`)).length === 1;
  };
  const stack = new AsyncDisposableStack();
  try {
    const program = {
      dir: namedDir,
      program: "named",
      args: ["-g", "-n", "1", "-c", join(namedDir, "named.conf")],
    };
    stack.use(await startDaemon({ ...program, isReady: answers(named) }));
    const validating = {
      dir: unboundDir,
      program: "unbound",
      args: ["-d", "-p", "-c", join(unboundDir, "unbound.conf")],
    };
    stack.use(await startDaemon({ ...validating, isReady: answers(unbound) }));
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
  const started = stack.move();
  return {
    server: { host: "127.0.0.1", port: unbound },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
