import {
  headerFields,
  type Message,
  type Pause,
  type Placement,
  searchKeys,
  searchTexts,
  textsHold,
} from "../../../src/mailstore/index.ts";
import { casemap } from "../../../src/protocol/collation/index.ts";
import type { MessageBytes } from "../fetch/message-bytes.ts";
import { holds } from "./holds.ts";
import type { SearchTest, TextTest } from "./prepare-search.ts";

/** A message that PostgreSQL could not tell everything of. */
export interface Candidate {
  readonly placement: Placement;
  readonly message: Message;
  readonly bytes: MessageBytes;
}

/** Whether a message is one that the search is for. @throws {MailError} its octets can't be read */
export async function matches(test: SearchTest, candidate: Candidate, pause: Pause): Promise<boolean> {
  switch (test.is) {
    case "all":
    case "any": {
      // The first that fails decides an "all", the first that holds an "any".
      const decisive = test.is === "any";
      for (const one of cheapFirst(test.of))
        if ((await matches(one, candidate, pause)) === decisive) return decisive;
      return !decisive;
    }
    case "not":
      return !(await matches(test.of, candidate, pause));
    case "placement":
      return holds(test.condition, candidate.placement);
    case "keys":
      return keysHold(test.condition, candidate);
    case "field":
    case "text":
      break;
  }
  return octetsHold(test, candidate, pause);
}

/** Whether answering means reading the message. */
export function opensMessage(test: SearchTest): boolean {
  if (test.is === "all" || test.is === "any") return test.of.some(opensMessage);
  return test.is === "not" ? opensMessage(test.of) : test.is === "field" || test.is === "text";
}

const cheapFirst = (tests: readonly SearchTest[]): readonly SearchTest[] =>
  tests.toSorted((a, b) => Number(opensMessage(a)) - Number(opensMessage(b)));

/** The same as PostgreSQL answers where it has the keys. */
function keysHold(
  condition: Extract<SearchTest, { is: "keys" }>["condition"],
  { message, placement }: Candidate,
): boolean {
  const keys = searchKeys(message.structure);
  if (condition.is === "sent-day") {
    const day = keys.sentDayMs ?? placement.receivedAt;
    return day >= (condition.from ?? -Infinity) && day < (condition.until ?? Infinity);
  }
  const { fromText, toText, ccText, bccText, subject } = keys;
  const texts = { from: fromText, to: toText, cc: ccText, bcc: bccText, subject };
  return texts[condition.field].includes(condition.holds);
}

async function octetsHold(
  test: TextTest,
  { message: { structure }, bytes }: Candidate,
  pause: Pause,
): Promise<boolean> {
  const read = (start: number, end: number): Promise<Uint8Array> => bytes.read(start, end);
  if (test.is === "field") {
    const fields = await headerFields(structure, read);
    return fields.some(
      ({ name, value }) => casemap(name) === test.name && casemap(value).includes(test.holds),
    );
  }
  return textsHold(searchTexts(structure, read, test.head ? undefined : "body"), test.holds, pause);
}
