import type { Parsed } from "../../kernel/parsed.ts";
import type { BareName, Command } from "./command.ts";

/** Octets of a command, its line end included (RFC 2449 §4). What AUTH says may be longer (RFC 5034 §4). */
export const COMMAND_OCTETS_MAX = 255;

const BARE: ReadonlySet<string> = new Set<BareName>(["CAPA", "NOOP", "QUIT", "RSET", "STAT", "STLS", "UTF8"]);
const isBare = (name: string): name is BareName => BARE.has(name);

const fail = (at: number, expected: string): { ok: false; at: number; expected: string } => ({
  ok: false,
  at,
  expected,
});
const value = (command: Command): Parsed<Command> => ({ ok: true, value: command });

/** Parses one command, without its line end (RFC 1939 §3). `at` counts characters. */
export function parseCommand(line: string): Parsed<Command> {
  const space = line.indexOf(" ");
  const end = space < 0 ? line.length : space;
  const name = line.slice(0, end).toUpperCase();
  const at = end + 1;
  const given = space < 0 ? undefined : line.slice(at);
  // A password may have spaces in it, also at its end (RFC 1939 §7).
  if (name === "PASS")
    return given === undefined ? fail(end, "a password") : value({ name, password: given });
  const args = (given ?? "").trimEnd();
  if (isBare(name)) return args === "" ? value({ name }) : fail(at, "the end of the command");
  switch (name) {
    case "USER":
      return args === "" ? fail(end, "a name") : value({ name, user: args });
    case "AUTH":
      return parseAuth(args, at);
    case "LIST":
    case "UIDL":
      return args === "" ? value({ name, message: undefined }) : oneNumber(name, args, at);
    case "RETR":
    case "DELE":
      return oneNumber(name, args, at);
    case "TOP":
      return parseTop(args, at);
    default:
      return fail(0, "a command that POP3 has");
  }
}

function oneNumber(name: "LIST" | "UIDL" | "RETR" | "DELE", args: string, at: number): Parsed<Command> {
  const message = parseNumber(args);
  return message === undefined ? fail(at, "the number of a message") : value({ name, message });
}

function parseTop(args: string, at: number): Parsed<Command> {
  const [first = "", second = "", ...more] = args.split(" ");
  const [message, lines] = [parseNumber(first), parseNumber(second)];
  return message === undefined || lines === undefined || more.length > 0
    ? fail(at, "the number of a message and a number of lines")
    : value({ name: "TOP", message, lines });
}

function parseAuth(args: string, at: number): Parsed<Command> {
  const [mechanism = "", initialResponse, ...more] = args.split(" ");
  // RFC 4422 §3.1: 1 to 20 of these letters.
  if (!/^[A-Z0-9_-]{1,20}$/i.test(mechanism)) return fail(at, "a mechanism");
  if (more.length > 0 || initialResponse === "") return fail(at + mechanism.length, "base64");
  return value({ name: "AUTH", mechanism: mechanism.toUpperCase(), initialResponse });
}

/** @returns undefined for what is none, or has more digits than any message number or size has */
function parseNumber(text: string): number | undefined {
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}
