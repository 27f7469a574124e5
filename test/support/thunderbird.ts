import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { plainEnvironment } from "./run-program.ts";

const START_MS = 60_000;

/** Thunderbird without a screen, driven by its own remote control (Marionette). */
export interface Thunderbird extends AsyncDisposable {
  /** Runs a script with all rights of the program. It is the body of an async function of `args`.
   * @returns what the script returns @throws {Error} with its words when it fails */
  run(script: string, ...args: readonly unknown[]): Promise<unknown>;
  /** The folder of its profile. */
  readonly profile: string;
}

/** Starts Thunderbird with an empty profile that is removed at the end. */
export async function startThunderbird(): Promise<Thunderbird> {
  const dir = mkdtempSync(join(tmpdir(), "angelia-thunderbird-"));
  const profile = join(dir, "profile");
  mkdirSync(profile);
  const prefs: Readonly<Record<string, string | number | boolean>> = {
    "marionette.port": 0,
    "mail.provider.suppress_dialog_on_startup": true,
    "mail.spotlight.firstRunDone": true,
    "mail.winsearch.firstRunDone": true,
    "mailnews.start_page.enabled": false,
    "app.update.enabled": false,
    "datareporting.policy.dataSubmissionEnabled": false,
    "toolkit.telemetry.enabled": false,
    "app.donation.eoy.version.viewed": 999,
    "network.proxy.type": 0,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
  };
  writeFileSync(
    join(profile, "user.js"),
    Object.entries(prefs)
      .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
      .join(""),
  );
  const child = spawn(
    "thunderbird",
    ["--headless", "--marionette", "--remote-allow-system-access", "--profile", profile],
    {
      env: { ...plainEnvironment(), HOME: dir, MOZ_HEADLESS: "1", MOZ_DISABLE_CONTENT_SANDBOX: "1" },
      detached: true, // a process group of its own
      stdio: "ignore",
    },
  );
  const guard = spawn(
    "/bin/sh",
    ["-c", 'cat >/dev/null; kill -s KILL -- "-$0"; rm -rf "$1"', String(child.pid ?? 0), dir],
    { detached: true, stdio: ["pipe", "ignore", "ignore"] },
  );
  guard.unref();
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, "SIGKILL");
      await ended;
    }
    guard.kill();
    rmSync(dir, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const portFile = join(profile, "MarionetteActivePort");
    for (
      const until = Date.now() + START_MS;
      !existsSync(portFile) || readFileSync(portFile, "utf8") === "";
    ) {
      if (child.exitCode !== null || Date.now() > until) throw new Error("Thunderbird did not start");
      await sleep(100);
    }
    const remote = await Marionette.connect(Number(readFileSync(portFile, "utf8")));
    await remote.command("WebDriver:NewSession", { capabilities: {} });
    await remote.command("Marionette:SetContext", { value: "chrome" });
    await remote.command("WebDriver:SetTimeouts", { script: 60_000 });
    return {
      profile,
      run: (script, ...args) =>
        remote.command("WebDriver:ExecuteAsyncScript", {
          script: `const [args, done] = arguments; (async () => {${script}})()
            .then((value) => done({ value: value ?? null }), (error) => done({ error: String(error) }));`,
          args: [args],
        }),
      [Symbol.asyncDispose]: async () => {
        remote.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The protocol: a length, a colon, and JSON: [0, id, command, parameters] one way, [1, id, error, result] the other. */
class Marionette {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #octets = Buffer.alloc(0);
  #id = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#octets = Buffer.concat([this.#octets, chunk]);
      this.#read();
    });
    const end = (): void => {
      for (const one of this.#waiting.values()) one.reject(new Error("Thunderbird has gone"));
      this.#waiting.clear();
    };
    socket.on("error", end);
    socket.on("close", end);
  }

  static connect(port: number): Promise<Marionette> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1" }, () => resolve(new Marionette(socket)));
      socket.once("error", reject);
    });
  }

  command(name: string, parameters: object): Promise<unknown> {
    const id = ++this.#id;
    const text = Buffer.from(JSON.stringify([0, id, name, parameters]));
    this.#socket.write(Buffer.concat([Buffer.from(`${text.length}:`), text]));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(): void {
    for (;;) {
      const colon = this.#octets.indexOf(":");
      const length = Number(this.#octets.toString("latin1", 0, Math.max(colon, 0)));
      if (colon < 0 || this.#octets.length < colon + 1 + length) return;
      const message: unknown = JSON.parse(this.#octets.toString("utf8", colon + 1, colon + 1 + length));
      this.#octets = this.#octets.subarray(colon + 1 + length);
      if (Array.isArray(message)) this.#answer(message);
    }
  }

  #answer([, id, error, result]: readonly unknown[]): void {
    const waiting = this.#waiting.get(Number(id));
    this.#waiting.delete(Number(id));
    const value = inside(result, "value");
    const fault = error ?? inside(value, "error");
    if (fault === null || fault === undefined) waiting?.resolve(inside(value, "value"));
    else waiting?.reject(new Error(`Thunderbird: ${JSON.stringify(fault).slice(0, 1_000)}`));
  }
}

function inside(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
