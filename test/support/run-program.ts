import { spawn } from "node:child_process";

export interface Finished {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** `exit code 0`, a line end, and all that it printed, so that a failed comparison shows why. */
  readonly text: string;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: Uint8Array | string;
  /** The program is killed then. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end, whatever its exit code is. It sees no ANGELIA_* settings but those given. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...plainEnvironment(), ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: options.timeoutMs ?? 60_000,
    killSignal: "SIGKILL",
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin.on("error", () => undefined); // a program that does not read its input
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const stdout = Buffer.concat(out);
      const stderr = Buffer.concat(err);
      resolve({ code, stdout, stderr, text: `exit code ${code}\n${stdout.toString()}${stderr.toString()}` });
    });
  });
}

/** The environment without settings of ours, without proxies, and in English. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("ANGELIA_") && !/^(?:http|https|all|no)_proxy$/i.test(name),
  );
  return { ...Object.fromEntries(kept), LC_ALL: "C.UTF-8" };
}
