import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Dialog, type DialogStep, filledIn, fits, type Words } from "./dialog.ts";
import type { ImapClient } from "./imap-client.ts";

export const DIALOGS = resolve(import.meta.dirname, "../dialogs");

/** Messages that dialogs put into mailboxes, by the names of their files. */
function messages(): ReadonlyMap<string, Buffer> {
  const folder = join(DIALOGS, "messages");
  return new Map(
    readdirSync(folder).map((file) => [
      file.replace(/\.eml$/, ""),
      Buffer.from(readFileSync(join(folder, file), "latin1").replaceAll(/\r?\n/g, "\r\n"), "latin1"),
    ]),
  );
}

export interface Stage {
  readonly address: string;
  readonly password: string;
  connect(): Promise<ImapClient>;
  login(): Promise<ImapClient>;
}

/** How long a line may take. */
const LINE_MS = 20_000;

/** Plays one dialog to its end. @returns what the server says otherwise, with the line of the file; undefined: nothing */
export async function playDialog({ steps }: Dialog, stage: Stage): Promise<string | undefined> {
  const player = new Player(stage);
  try {
    await player.play(steps);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    player.end();
  }
}

class Player {
  readonly #stage: Stage;
  readonly #messages = messages();
  readonly #words: Words;
  readonly #clients = new Map<number, ImapClient>();
  /** Steps that the next `S:` line ends. */
  #pending: DialogStep[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#words = new Map([
      ["address", stage.address],
      ["password", stage.password],
      ...[...this.#messages].map(([name, content]): [string, string] => [
        `+${name}`,
        `{${content.length}+}\r\n${content.toString("latin1")}`,
      ]),
    ]);
  }

  async play(steps: readonly DialogStep[]): Promise<void> {
    for (const step of steps) {
      try {
        await this.#step(step);
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        throw new Error(`line ${step.line}: ${step.text}\n${said}`, { cause: error });
      }
    }
    if (this.#pending.length > 0) throw new Error("a dialog ends with an S: line");
  }

  end(): void {
    for (const client of this.#clients.values()) client.close();
  }

  async #step(step: DialogStep): Promise<void> {
    switch (step.kind) {
      case "do":
        return this.#do(step.text.replace(/\s{2,}.*$/, ""));
      case "say":
        return (await this.#client(step.on)).write(
          Buffer.from(`${filledIn(step.text, this.#words)}\r\n`, "latin1"),
        );
      case "next":
        return this.#expect(step);
      case "among":
      case "skip":
      case "never":
        this.#pending.push(step);
        return undefined;
    }
  }

  async #client(on: number): Promise<ImapClient> {
    const found = this.#clients.get(on);
    if (found !== undefined) return found;
    if (on !== 1) throw new Error(`connection ${on} was not made`);
    const client = await this.#stage.login();
    this.#clients.set(on, client);
    return client;
  }

  async #do(what: string): Promise<void> {
    const [verb, ...rest] = what.split(" ");
    const on = Number(rest[0]);
    if (verb === "connect" || verb === "login") {
      this.#clients.get(on)?.close();
      this.#clients.set(on, await this.#stage[verb]());
    } else if (verb === "closed") {
      const client = await this.#client(on);
      const more = await client.line(LINE_MS).catch((error: unknown) => error);
      if (!(more instanceof Error) || !more.message.includes("closed"))
        throw new Error(`still there: ${String(more)}`);
    } else if (verb === "mailbox") await this.#fill(rest.join(" "));
    else throw new Error(`nobody knows how to ${what}`);
  }

  async #fill(what: string): Promise<void> {
    const match = /^(\S+)(?: \(([^)]*)\))?(.*)$/.exec(what);
    const [, box = "", flags = "", names = ""] = match ?? [];
    const client = await this.#stage.login();
    await client.command(`CREATE ${box}`);
    for (const name of names.split(" ").filter((one) => one !== "")) {
      const content = this.#messages.get(name);
      if (content === undefined) throw new Error(`no message ${name}`);
      await client.ok(`APPEND ${box} (${flags}) `, content);
    }
    await client.logout();
  }

  /** Reads up to the line that is expected, by the rules of the steps that wait for it. */
  async #expect(step: DialogStep): Promise<void> {
    const client = await this.#client(step.on);
    const waiting = this.#pending;
    this.#pending = [];
    let among = waiting.filter(({ kind }) => kind === "among");
    const skip = waiting.filter(({ kind }) => kind === "skip");
    const never = waiting.filter(({ kind }) => kind === "never");
    const test = (one: DialogStep, line: string): boolean => fits(one.text, this.#words)(line);
    for (;;) {
      const line = (await client.line(LINE_MS)).toString("latin1");
      const text = Buffer.from(line, "latin1").toString("utf8");
      const forbidden = never.find((one) => test(one, text));
      if (forbidden !== undefined) throw new Error(`line ${forbidden.line} must not come: ${text}`);
      if (test(step, text)) break;
      const wanted = among.find((one) => test(one, text));
      if (wanted !== undefined) among = among.filter((one) => one !== wanted);
      else if (!skip.some((one) => test(one, text))) throw new Error(`but the server said: ${text}`);
    }
    if (among.length > 0) throw new Error(`it never said: ${among.map(({ text }) => text).join(" | ")}`);
  }
}
