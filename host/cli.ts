import { parseArgs } from "node:util";
import { MailError, WIRE } from "../src/kernel/error.ts";
import { ADDRESS_COMMANDS } from "./cli/address-commands.ts";
import { type Command, type Given, type Json, type Result, UsageError } from "./cli/command.ts";
import { DKIM_COMMANDS } from "./cli/dkim-commands.ts";
import { DOMAIN_COMMANDS } from "./cli/domain-commands.ts";
import { INCIDENT_COMMANDS } from "./cli/incident-commands.ts";
import { LIMIT_COMMANDS } from "./cli/limit-commands.ts";
import { MESSAGE_COMMANDS } from "./cli/message-commands.ts";
import { MIGRATE_COMMANDS } from "./cli/migrate-commands.ts";
import { openPlatform } from "./cli/open-platform.ts";
import { QUARANTINE_COMMANDS } from "./cli/quarantine-commands.ts";
import { QUEUE_COMMANDS } from "./cli/queue-commands.ts";
import { REPORT_COMMANDS } from "./cli/report-commands.ts";
import { ROLE_COMMANDS } from "./cli/role-commands.ts";
import { SHARED_COMMANDS } from "./cli/shared-commands.ts";
import { STATUS_COMMANDS } from "./cli/status-commands.ts";
import { TENANT_COMMANDS } from "./cli/tenant-commands.ts";
import { TOKEN_COMMANDS } from "./cli/token-commands.ts";
import { SUPPORT_COMMANDS } from "./cli/support-commands.ts";
import { VERIFICATION_COMMANDS } from "./cli/verification-commands.ts";
import { USER_COMMANDS } from "./cli/user-commands.ts";

/** A new command is one more entry. */
const COMMANDS: readonly Command[] = [
  ...TENANT_COMMANDS,
  ...USER_COMMANDS,
  ...TOKEN_COMMANDS,
  ...ROLE_COMMANDS,
  ...VERIFICATION_COMMANDS,
  ...SUPPORT_COMMANDS,
  ...QUEUE_COMMANDS,
  ...QUARANTINE_COMMANDS,
  ...MESSAGE_COMMANDS,
  ...LIMIT_COMMANDS,
  ...ADDRESS_COMMANDS,
  ...SHARED_COMMANDS,
  ...STATUS_COMMANDS,
  ...INCIDENT_COMMANDS,
  ...DKIM_COMMANDS,
  ...DOMAIN_COMMANDS,
  ...REPORT_COMMANDS,
  ...MIGRATE_COMMANDS,
];

function usage(commands = COMMANDS): string {
  const lines = commands.map(({ name, usage: rest, about }) => `  angelia ${name} ${rest}\n      ${about}`);
  return ["Usage (each takes --json):", ...lines].join("\n");
}

function find(words: readonly string[]): Command {
  const [noun = "", verb = ""] = words;
  const command = COMMANDS.find(({ name }) => name === `${noun} ${verb}`);
  if (command !== undefined) return command;
  const near = COMMANDS.filter(({ name }) => name.startsWith(`${noun} `));
  throw new UsageError(usage(near.length > 0 ? near : COMMANDS));
}

/** @throws {UsageError} */
function parse(argv: readonly string[]): { command: Command; given: Given; json: boolean } {
  const command = find(argv);
  const options = Object.entries({ ...command.options, json: "flag" as const }).map(
    ([name, kind]) => [name, { type: kind === "flag" ? ("boolean" as const) : ("string" as const) }] as const,
  );
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: argv.slice(2), options: Object.fromEntries(options), allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${usage([command])}`, {
      cause: error,
    });
  }
  const { values, positionals } = parsed;
  const words = [...command.words, ...(command.optionalWords ?? [])];
  if (positionals.length < command.words.length || positionals.length > words.length)
    throw new UsageError(usage([command]));
  const option = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  const given: Given = {
    word: (name) => positionals[words.indexOf(name)] ?? "",
    option,
    needed: (name) => {
      const value = option(name);
      if (value === undefined || value === "")
        throw new UsageError(`--${name} is missing.\n${usage([command])}`);
      return value;
    },
    flag: (name) => values[name] === true,
  };
  return { command, given, json: values["json"] === true };
}

/** In words for the operator, who may see the detail that a peer must not see. */
function inWords(error: unknown): { code: string; message: string } {
  if (error instanceof UsageError) return { code: "usage", message: error.message };
  if (!(error instanceof MailError))
    return { code: "failed", message: error instanceof Error ? error.message : String(error) };
  const detail = Object.entries(error.detail).map(([name, value]) => `${name}: ${String(value)}`);
  return {
    code: error.code,
    message: [WIRE[error.code].text, ...(detail.length > 0 ? [`(${detail.join(", ")})`] : [])].join(" "),
  };
}

async function main(argv: readonly string[]): Promise<number> {
  const json = argv.includes("--json");
  const print = (value: Json, text: string, to: NodeJS.WriteStream): void =>
    void to.write(`${json ? JSON.stringify(value) : text}\n`);
  try {
    const { command, given } = parse(argv);
    let result: Result;
    {
      await using platform = await openPlatform();
      result = await command.run(platform.tenancy, given, platform.outbound);
    }
    print(result.json, result.text, result.failed === true && !json ? process.stderr : process.stdout);
    return result.failed === true ? 1 : 0;
  } catch (error) {
    const { code, message } = inWords(error);
    print({ error: { code, message } }, message, json ? process.stdout : process.stderr);
    return error instanceof UsageError ? 2 : 1;
  }
}

process.umask(0o077);
process.exitCode = await main(process.argv.slice(2));
