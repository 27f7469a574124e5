import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";

/** The operating system's account that PostgreSQL runs as, when it must be another than ours. */
export interface RunAs {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, so root gives it to `postgres` if there is such an account, else to `nobody`.
 * A cluster that exists already stays with the account that owns it.
 * @returns undefined for an ordinary user, who runs it under their own account
 * @throws {Error} root, and no such account */
export function accountFor(clusterDir: string): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync("/etc/passwd", "utf8").split("\n").map(parseAccount);
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0)
    return (
      accounts.find((account) => account?.uid === owner.uid) ?? {
        name: `uid ${owner.uid}`,
        uid: owner.uid,
        gid: owner.gid,
      }
    );
  const found = ["postgres", "nobody"]
    .map((name) => accounts.find((account) => account?.name === name))
    .find((account) => account !== undefined);
  if (found === undefined)
    throw new Error(
      "PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to run it as",
    );
  return found;
}

/** One line of passwd(5): `name:x:uid:gid:…`. */
function parseAccount(line: string): RunAs | undefined {
  const [name, , uid, gid] = line.split(":");
  if (name === undefined || uid === undefined || gid === undefined || uid === "0") return undefined;
  return { name, uid: Number(uid), gid: Number(gid) };
}

/** How to start a program under the account: neither our environment (PG* variables) nor our folder goes along. */
export function spawnOptions(runAs: RunAs | undefined): {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
} {
  const base = { cwd: "/", env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" } };
  return runAs === undefined ? base : { ...base, uid: runAs.uid, gid: runAs.gid };
}

/** True when the account can enter the folder; asked of the kernel, since modes alone don't tell (ACLs, mounts). */
export function canEnter(runAs: RunAs | undefined, dir: string): boolean {
  return (
    spawnSync("/bin/sh", ["-c", 'cd -- "$0"', dir], { ...spawnOptions(runAs), stdio: "ignore" }).status === 0
  );
}
