import { spawnSync } from "node:child_process";

/** Runs one of the programs that come with Postfix, or a tool of the system, to its end. @returns what it prints @throws {Error} it failed */
export function runTool(program: string, ...args: readonly string[]): string {
  const done = spawnSync(program, args, { encoding: "utf8", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  if (done.status !== 0)
    throw new Error(`${program} ${args.join(" ")}: ${done.error?.message ?? done.stderr}`);
  return done.stdout;
}

/** One line of master.cf(5), outside of a chroot. */
export const masterLine = (
  name: string,
  type: string,
  priv: string,
  wake: string,
  max: string,
  program: string,
): string => `${name} ${type} ${priv} - n ${wake} ${max} ${program}\n`;
