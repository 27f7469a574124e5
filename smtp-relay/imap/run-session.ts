import { MailError } from "../../src/kernel/error.ts";
import {
  type CommandName,
  type CommandOf,
  type LiteralStart,
  parseCommand,
  printCondition,
  tagOf,
} from "../../src/protocol/imap/index.ts";
import { capabilities } from "./capabilities.ts";
import { appendStreamed } from "./commands/append.ts";
import { COMMANDS } from "./commands/index.ts";
import { goOnIdling } from "./commands/idle.ts";
import { type AllowedIn, type Completion, LATER, type News, bad, no, refusal } from "./completion.ts";
import { ConnectionClosed } from "../listen/connection.ts";
import { requireReadable } from "./foreign-mailbox.ts";
import { tellNews } from "./notify.ts";
import { withProgress } from "./progress.ts";
import { tellAccount } from "./tell-account.ts";
import { ViewLost } from "./selected-mailbox.ts";
import { wantsUids } from "./uid-only.ts";
import type { ImapSession } from "./session.ts";

/** Most commands in a row that make no sense: such a client is no IMAP client. */
const MAX_BAD_IN_A_ROW = 20;

/** Serves one client as long as it has something to say.
 * @returns true when it waits: to be called again when its connection wakes; false when it is over, and whoever called closes the connection
 * @throws {ConnectionClosed} there is nobody to talk to any more */
export async function runSession(session: ImapSession): Promise<boolean> {
  let waits = false;
  try {
    if (!session.isGreeted) await session.send(`* OK [CAPABILITY ${capabilities(session)}] Angelia is ready`);
    session.isGreeted = true;
    while (!session.isOver && !waits) {
      await tellAccount(session);
      const was = session.idling === undefined ? await step(session) : await idleOn(session);
      // Something may have changed while the last news went out.
      waits = was === "waits" && session.watch?.isDirty !== true;
      if (was === "served") session.badInARow = 0;
      if (was === "bad") session.badInARow += 1;
      if (session.badInARow >= MAX_BAD_IN_A_ROW) await session.bye("too many commands that are none");
    }
  } catch (error) {
    if (error instanceof ViewLost) await endLost(session, error);
    // After a BYE the connection is closed in order, so that it arrives.
    else if (!(error instanceof ConnectionClosed && session.isOver)) throw error;
  } finally {
    if (!waits) session.release();
  }
  return waits;
}

/** What became of one look at what the client says. */
type Step = "served" | "bad" | "waits";

/** Looks after a session that idles. */
async function idleOn(session: ImapSession): Promise<Step> {
  const ended = await goOnIdling(session);
  if (ended === undefined) return "waits";
  await session.send(printCondition(ended.tag, ended.is, ended.text));
  return ended.is === "BAD" ? "bad" : "served";
}

/** A client that counts otherwise than we do must not go on. */
async function endLost(session: ImapSession, error: ViewLost): Promise<void> {
  session.deps.log.error("imap.view_lost", { error: describe(error) });
  try {
    await session.bye("something went wrong on our side, please connect again", "SERVERBUG");
  } catch (closed) {
    if (!(closed instanceof ConnectionClosed)) throw closed;
  }
}

/** Serves one command. */
async function step(session: ImapSession): Promise<Step> {
  const event = await session.eventNow();
  if (event === undefined) return "waits";
  switch (event.kind) {
    case "continue":
      await session.send("+ go on");
      return "served";
    case "literal":
      await serveAppend(session, event.literal);
      return "served";
    case "data":
      return "served";
    case "refused": {
      const text = event.reason === "line" ? "the command is too long" : "the literal is too large";
      const tag = tagOf(event.start) ?? "*";
      // RFC 7889 §4: TOOBIG is a NO; a line without end is no command at all.
      await session.send(printCondition(tag, event.reason === "line" ? "BAD" : "NO", text, "TOOBIG"));
      return "bad";
    }
    case "command":
      break;
  }
  const parsed = parseCommand(event.text, session.nameEncoding);
  if (parsed.ok) await serve(session, parsed.value);
  else {
    const text = `expected ${parsed.expected} at octet ${parsed.at}`;
    await session.send(printCondition(parsed.tag ?? "*", "BAD", text));
  }
  return parsed.ok ? "served" : "bad";
}

/** They work also when the mailbox may not be read any more. */
const ENDS_VIEW: ReadonlySet<CommandName> = new Set(["CLOSE", "UNSELECT"]);

async function serve<N extends CommandName>(session: ImapSession, command: CommandOf<N>): Promise<void> {
  const spec = COMMANDS[command.name];
  const wrong = notNow(session, spec.allowedIn) ?? wantsUids(session, command);
  const run = async (): ReturnType<typeof spec.run> => {
    if (spec.allowedIn === "selected" && !ENDS_VIEW.has(command.name)) await requireReadable(session);
    return withProgress(session, command, () => spec.run(session, command));
  };
  const completion = wrong ?? (await guarded(session, command.name, run));
  if (completion === LATER) return;
  const news = typeof spec.news === "function" ? spec.news(command) : spec.news;
  if (wrong === undefined) await tell(session, news);
  const code = completion.code ?? completion.codeLater?.();
  await session.send(printCondition(command.tag, completion.is, completion.text, code));
  if (session.wantsTls) await session.startTls();
  if (session.wantsDeflate) await session.startCompression();
}

async function serveAppend(session: ImapSession, literal: LiteralStart): Promise<void> {
  const answer = await guarded(session, "APPEND", () => appendStreamed(session, literal));
  await tell(session, "hinted");
  const tag = tagOf(literal.text.bytes.subarray(0, 1_024)) ?? "*";
  await session.send(printCondition(tag, answer.is, answer.text, answer.code));
}

function notNow(session: ImapSession, allowedIn: AllowedIn): Completion | undefined {
  if (allowedIn === "any") return undefined;
  if (allowedIn === "not-authenticated")
    return session.principal ? bad("you are signed in already") : undefined;
  if (session.principal === undefined) return bad("sign in first");
  return allowedIn === "selected" && session.selected === undefined
    ? bad("select a mailbox first")
    : undefined;
}

/** Turns what went wrong into an answer; the session goes on. */
async function guarded(
  session: ImapSession,
  name: CommandName,
  run: () => Promise<Completion>,
): Promise<Completion> {
  const { log } = session.deps;
  try {
    return await run();
  } catch (error) {
    if (error instanceof ConnectionClosed || error instanceof ViewLost) throw error;
    if (error instanceof MailError) {
      if (error.code === "unavailable" || error.code === "internal") {
        log.warn("imap.command_failed", { command: name, code: error.code, error: describe(error.cause) });
      }
      return refusal(error.code);
    }
    log.error("imap.command_failed", { command: name, code: "internal", error: describe(error) });
    return no("something went wrong on our side, please try again", "SERVERBUG");
  }
}

async function tell(session: ImapSession, news: News): Promise<void> {
  const box = session.selected;
  if (box === undefined || news === "none") return;
  const mayExpunge = news !== "no-expunge";
  const waiting = box.isDirty || (mayExpunge && box.expunged.length > 0);
  if (news !== "all" && !waiting) return;
  try {
    await tellNews(session, mayExpunge);
  } catch (error) {
    // What can't be looked up now is told later: the command itself has its own answer.
    if (!(error instanceof MailError)) throw error;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
