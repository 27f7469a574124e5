import { MailError } from "../../src/kernel/error.ts";
import {
  COMMAND_OCTETS_MAX,
  type CommandName,
  type CommandOf,
  parseCommand,
} from "../../src/protocol/pop3/index.ts";
import { ConnectionClosed } from "../listen/connection.ts";
import { COMMANDS } from "./commands/index.ts";
import { err, refusal, type Reply } from "./reply.ts";
import type { Pop3Session } from "./session.ts";

/** Most commands in a row that make no sense: such a client is no POP3 client. */
const MAX_BAD_IN_A_ROW = 20;
const LINE_END_OCTETS = 2;

/** Serves one client until it leaves, is cut off, or the process ends; whoever called closes the connection.
 * @throws {ConnectionClosed} there is nobody to talk to any more */
export async function runSession(session: Pop3Session): Promise<void> {
  await session.connection.write("+OK Angelia is ready\r\n");
  let badInARow = 0;
  while (!session.isOver) {
    const isBad = await step(session);
    badInARow = isBad ? badInARow + 1 : 0;
    if (badInARow < MAX_BAD_IN_A_ROW) continue;
    await session.connection.write(err("too many commands that are none"));
    session.isOver = true;
  }
}

/** Serves one command. @returns true when it was none */
async function step(session: Pop3Session): Promise<boolean> {
  if (session.isStopping) return stop(session);
  const said = await session.nextLine();
  switch (said.kind) {
    case "woken":
      return session.isStopping ? stop(session) : false;
    case "end":
      throw new ConnectionClosed();
    case "timeout":
      // RFC 1939 §3: the connection is closed without a word, and nothing is removed.
      throw new ConnectionClosed();
    case "garbage":
      session.user = undefined;
      await session.connection.write(err("expected a command of at most 255 octets, in UTF-8"));
      return true;
    case "line":
      break;
  }
  return serveLine(session, said.text);
}

async function serveLine(session: Pop3Session, line: string): Promise<boolean> {
  const isTooLong = Buffer.byteLength(line) + LINE_END_OCTETS > COMMAND_OCTETS_MAX && !/^auth /i.test(line);
  const parsed = parseCommand(line);
  if (isTooLong || !parsed.ok) {
    session.user = undefined;
    const expected = isTooLong || parsed.ok ? `at most ${COMMAND_OCTETS_MAX} octets` : parsed.expected;
    await session.connection.write(err(`expected ${expected}`));
    return true;
  }
  await serve(session, parsed.value);
  return false;
}

async function serve<N extends CommandName>(session: Pop3Session, command: CommandOf<N>): Promise<void> {
  const spec = COMMANDS[command.name];
  const wrong = notNow(session, spec.allowedIn);
  const reply = wrong ?? (await guarded(session, command.name, () => spec.run(session, command)));
  // RFC 1939 §7: PASS counts only right behind USER.
  if (command.name !== "USER") session.user = undefined;
  await session.connection.write(reply);
  if (session.wantsTls) await session.startTls();
}

function notNow(session: Pop3Session, allowedIn: "any" | "authorization" | "transaction"): Reply | undefined {
  if (allowedIn === "any") return undefined;
  if (allowedIn === "transaction") return session.signedIn === undefined ? err("sign in first") : undefined;
  return session.signedIn === undefined ? undefined : err("you are signed in already");
}

/** Turns what went wrong into an answer; the session goes on. */
async function guarded(session: Pop3Session, name: CommandName, run: () => Promise<Reply>): Promise<Reply> {
  const { log } = session.deps;
  try {
    return await run();
  } catch (error) {
    if (error instanceof ConnectionClosed) throw error;
    if (error instanceof MailError) {
      if (error.code === "unavailable" || error.code === "internal") {
        log.warn("pop3.command_failed", { command: name, code: error.code, error: describe(error.cause) });
      }
      return refusal(error.code);
    }
    log.error("pop3.command_failed", { command: name, code: "internal", error: describe(error) });
    return err("something went wrong on our side, please try again", "SYS/TEMP");
  }
}

/** Says why the session ends, in place of the answer to what the client says next. Nothing is removed. */
async function stop(session: Pop3Session): Promise<boolean> {
  session.isOver = true;
  await session.connection.write(err("the server is restarting, please connect again", "SYS/TEMP"));
  return false;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
