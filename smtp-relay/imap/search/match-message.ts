import type { Message, Placement } from "../../../src/mailstore/index.ts";
import { decodeWords } from "../../../src/protocol/header/index.ts";
import { type SearchKey, dayOf, dayStartMs } from "../../../src/protocol/imap/index.ts";
import type { EnvelopeAddress } from "../../../src/protocol/mime-structure/index.ts";
import type { MessageBytes } from "../fetch/message-bytes.ts";
import { holds } from "./holds.ts";
import { bodyTexts, comparable, headerValues } from "./message-text.ts";
import { type SearchScope, planSearch } from "./search-plan.ts";

/** A message that PostgreSQL found and that has to be looked at. */
export interface Candidate {
  readonly placement: Placement;
  readonly message: Message;
  readonly bytes: MessageBytes;
}

/** Whether a message is one that the search is for. @throws {MailError} its bytes can't be read */
export async function matches(key: SearchKey, candidate: Candidate, scope: SearchScope): Promise<boolean> {
  const plan = planSearch(key, scope);
  if (plan.isExact) return holds(plan.condition, candidate.placement);
  if (key.key === "not") return !(await matches(key.of, candidate, scope));
  if (key.key !== "and" && key.key !== "or") return matchesContent(key, candidate);
  // The first that fails decides an "and", the first that holds an "or".
  const decisive = key.key === "or";
  for (const one of cheapFirst(key.of))
    if ((await matches(one, candidate, scope)) === decisive) return decisive;
  return !decisive;
}

/** Whether looking at a key means opening the message. */
export function opensMessage(key: SearchKey): boolean {
  if (key.key === "and" || key.key === "or") return key.of.some(opensMessage);
  if (key.key === "not") return opensMessage(key.of);
  return key.key === "header" || key.key === "body" || key.key === "text";
}

function cheapFirst(keys: readonly SearchKey[]): SearchKey[] {
  return keys.toSorted((a, b) => Number(opensMessage(a)) - Number(opensMessage(b)));
}

async function matchesContent(key: SearchKey, candidate: Candidate): Promise<boolean> {
  const { placement, message, bytes } = candidate;
  const { env, sent } = message.structure;
  if (key.key === "subject") return holdsText(decodeWords(env.subject ?? ""), key.text);
  if (key.key === "from" || key.key === "to" || key.key === "cc" || key.key === "bcc") {
    return holdsText((env[key.key] ?? []).map(printAddress).join("\n"), key.text);
  }
  if (key.key === "sent-date") {
    const localMs = sent === null ? placement.receivedAt : sent.ms + sent.zoneMinutes * 60_000;
    const [sentDay, day] = [dayStartMs(dayOf(localMs)), dayStartMs(key.day)];
    if (key.is === "on") return sentDay === day;
    return key.is === "before" ? sentDay < day : sentDay >= day;
  }
  if (key.key === "header") {
    const values = await headerValues(message.structure, bytes, key.field);
    return values.some((value) => holdsText(value, key.text));
  }
  if (key.key !== "body" && key.key !== "text") throw new Error(`${key.key} is not a matter of the content`);
  if (key.key === "text" && holdsText((await headerValues(message.structure, bytes)).join("\n"), key.text)) {
    return true;
  }
  return bodyHolds(candidate, key.text);
}

async function bodyHolds({ message, bytes }: Candidate, text: string): Promise<boolean> {
  for await (const part of bodyTexts(message.structure, bytes)) if (holdsText(part, text)) return true;
  return false;
}

function holdsText(whole: string, part: string): boolean {
  return comparable(whole).includes(comparable(part));
}

function printAddress([name, , local, domain]: EnvelopeAddress): string {
  const address = local === null ? "" : `<${local}${domain === null || domain === "" ? "" : `@${domain}`}>`;
  return [name === null ? "" : decodeWords(name), address].join(" ").trim();
}
