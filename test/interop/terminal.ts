import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { plainEnvironment } from "../support/run-program.ts";

const PATIENCE_MS = 20_000;
/** Escape sequences that place the cursor, colour and clear: CSI …, and the two-character ones. */
const ESCAPES = new RegExp(String.raw`\u001b(?:\[[0-9;?]*[a-zA-Z]|[()][A-Z0-9]|.)`, "g");

/** A program in a terminal of its own, by script(1): type, and wait for what it shows. */
export class Terminal implements AsyncDisposable {
  readonly #child: ChildProcess;
  #shown = "";
  #seen = 0;

  constructor(
    command: string,
    options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  ) {
    this.#child = spawn("script", ["-qefc", `stty rows 40 cols 120; ${command}`, "/dev/null"], {
      cwd: options.cwd,
      env: { ...plainEnvironment(), TERM: "xterm", ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => (this.#shown += chunk.toString()));
    this.#child.stdin?.on("error", () => undefined);
  }

  /** Waits until it has shown this since the last time. @throws {Error} with the end of what it showed instead */
  async shows(pattern: RegExp): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const text = this.#text();
      const match = pattern.exec(text.slice(this.#seen));
      if (match !== null) {
        this.#seen += match.index + match[0].length;
        return;
      }
      if (Date.now() > until || this.#hasEnded())
        throw new Error(
          `the terminal does not show ${pattern}:\n${text.slice(Math.max(0, this.#seen - 500))}`,
        );
      await sleep(15);
    }
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Waits for its end. @returns its exit code */
  async ended(): Promise<number | null> {
    const until = Date.now() + PATIENCE_MS;
    while (!this.#hasEnded()) {
      if (Date.now() > until) throw new Error(`the terminal goes on:\n${this.#text().slice(-1_000)}`);
      await sleep(15);
    }
    return this.#child.exitCode;
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded() && this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGKILL");
    return Promise.resolve();
  }

  #text(): string {
    return this.#shown.replaceAll(ESCAPES, " ");
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
