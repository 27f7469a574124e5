import type { CommandArgs } from "./command.ts";
import { type FetchItem, fetchItem } from "./fetch-item.ts";
import { type NameEncoding, mailboxName } from "./mailbox-name.ts";
import { NOTIFY_EVENTS, type NotifyEvent, type NotifyFilter, type NotifyGroup } from "./notify-spec.ts";
import type { Scanner } from "./scanner.ts";

/** Most groups, names in a group and data items of a command; limits of ours. */
const MAX_GROUPS = 50;
const MAX_NAMES = 500;
const MAX_ITEMS = 100;

const EVENT_OF = new Map<string, NotifyEvent>(NOTIFY_EVENTS.map((event) => [event.toUpperCase(), event]));
/** Of the RFC, and not known here. */
const ANNOTATION = "ANNOTATIONCHANGE";

/** Reads the arguments of NOTIFY (RFC 5465 §8): `SET STATUS (selected MessageNew …)`, or `NONE`, which gives undefined. */
export function notify(s: Scanner, encoding: NameEncoding): CommandArgs["NOTIFY"] {
  s.space();
  if (s.skipWord("NONE")) return { request: undefined };
  if (!s.skipWord("SET")) s.fail("SET or NONE");
  s.space();
  const status = s.skipWord("STATUS");
  if (status) s.space();
  const unknown: string[] = [];
  const groups: NotifyGroup[] = [];
  const start = s.at;
  do {
    if (groups.length === MAX_GROUPS) s.fail(`at most ${MAX_GROUPS} groups`);
    groups.push(group(s, encoding, unknown));
  } while (s.skip(" "));
  if (groups.filter(isSelected).length > 1) s.fail("selected or selected-delayed once", start);
  return { request: { status, groups, unknown } };
}

function isSelected({ filter: { of } }: NotifyGroup): boolean {
  return of === "selected" || of === "selected-delayed";
}

function group(s: Scanner, encoding: NameEncoding, unknown: string[]): NotifyGroup {
  s.expect("(");
  const filter = mailboxFilter(s, encoding);
  s.space();
  const start = s.at;
  const events = new Set<NotifyEvent>();
  const fetch: FetchItem[] = [];
  let hasAnnotation = false;
  if (!s.skipWord("NONE")) {
    const all = s.list(() => {
      const word = s.word("an event");
      const event = EVENT_OF.get(word);
      if (event === undefined) unknown.push(word);
      else events.add(event);
      if (word === ANNOTATION) hasAnnotation = true;
      if (word === "MESSAGENEW" && s.skipText(" (")) fetch.push(...fetchItems(s));
    });
    if (all.length === 0) s.fail("an event", start + 1);
  }
  s.expect(")");
  const made: NotifyGroup = { filter, events, fetch };
  check(s, start, made, hasAnnotation);
  return made;
}

const OF_MESSAGES: ReadonlySet<NotifyEvent> = new Set(["MessageNew", "MessageExpunge", "FlagChange"]);

/** What may not stand together (RFC 5465 §5). */
function check(s: Scanner, start: number, made: NotifyGroup, hasAnnotation: boolean): void {
  const { events, fetch } = made;
  const [comes, goes] = [events.has("MessageNew"), events.has("MessageExpunge")];
  if (comes !== goes) s.fail("MessageNew together with MessageExpunge", start);
  if ((events.has("FlagChange") || hasAnnotation) && !comes)
    s.fail("MessageNew and MessageExpunge too", start);
  if (!isSelected(made)) {
    if (fetch.length > 0) s.fail("data items for the selected mailbox alone", start);
  } else if (![...events].every((event) => OF_MESSAGES.has(event))) s.fail("events of messages", start);
}

function mailboxFilter(s: Scanner, encoding: NameEncoding): NotifyFilter {
  const start = s.at;
  const word = s.word("mailboxes");
  switch (word) {
    case "SELECTED":
      return { of: "selected" };
    case "SELECTED-DELAYED":
      return { of: "selected-delayed" };
    case "INBOXES":
      return { of: "inboxes" };
    case "PERSONAL":
      return { of: "personal" };
    case "SUBSCRIBED":
      return { of: "subscribed" };
    case "SUBTREE":
    case "MAILBOXES": {
      s.space();
      const names = s.peek() === "(" ? s.list(() => mailboxName(s, encoding)) : [mailboxName(s, encoding)];
      if (names.length === 0 || names.length > MAX_NAMES) s.fail(`1 to ${MAX_NAMES} mailboxes`, start);
      return { of: word === "SUBTREE" ? "subtree" : "mailboxes", names };
    }
    default:
      return s.fail("selected, inboxes, personal, subscribed, subtree or mailboxes", start);
  }
}

/** Reads data items up to the closing bracket. */
function fetchItems(s: Scanner): readonly FetchItem[] {
  const items: FetchItem[] = [];
  do {
    if (items.length === MAX_ITEMS) s.fail(`at most ${MAX_ITEMS} data items`);
    items.push(fetchItem(s));
  } while (s.skip(" "));
  s.expect(")");
  return items;
}
