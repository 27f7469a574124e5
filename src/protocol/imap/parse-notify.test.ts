import { expect, test } from "vitest";
import { parseCommand } from "./parse-command.ts";

const parse = (line: string) =>
  parseCommand({ bytes: new TextEncoder().encode(`a ${line}`), streamed: [] }, "modified-utf7");
const groups = (line: string): unknown => {
  const parsed = parse(line);
  if (!parsed.ok || parsed.value.name !== "NOTIFY") return parsed;
  return parsed.value.request?.groups.map(({ filter, events, fetch }) => [filter, [...events], fetch]);
};

test("the examples of RFC 5465", () => {
  expect(parse("NOTIFY NONE")).toMatchObject({ value: { name: "NOTIFY", request: undefined } });
  expect(
    groups(
      "notify set status (selected (MessageNew (uid body.peek[header.fields (from to subject)]) MessageExpunge)) (personal (MessageNew FlagChange MessageExpunge))",
    ),
  ).toMatchObject([
    [{ of: "selected" }, ["MessageNew", "MessageExpunge"], [{ item: "UID" }, { item: "BODY[]", peek: true }]],
    [{ of: "personal" }, ["MessageNew", "FlagChange", "MessageExpunge"], []],
  ]);
  expect(
    groups(
      "NOTIFY SET (subtree Lists (MessageNew MessageExpunge)) (mailboxes (INBOX a/b) NONE) (subscribed (MailboxName))",
    ),
  ).toEqual([
    [{ of: "subtree", names: ["Lists"] }, ["MessageNew", "MessageExpunge"], []],
    [{ of: "mailboxes", names: ["INBOX", "a/b"] }, [], []],
    [{ of: "subscribed" }, ["MailboxName"], []],
  ]);
  expect(
    groups(
      "NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange)) (inboxes (SubscriptionChange))",
    ),
  ).toEqual([
    [{ of: "selected-delayed" }, ["MessageNew", "MessageExpunge", "FlagChange"], []],
    [{ of: "inboxes" }, ["SubscriptionChange"], []],
  ]);
});

test("events that nobody knows are told by name", () => {
  expect(parse("NOTIFY SET (personal (MessageNew MessageExpunge AnnotationChange Foo))")).toMatchObject({
    value: { request: { unknown: ["ANNOTATIONCHANGE", "FOO"] } },
  });
});

test("what may not stand together", () => {
  for (const wrong of [
    "NOTIFY",
    "NOTIFY SET",
    "NOTIFY SET STATUS",
    "NOTIFY SET (selected)",
    "NOTIFY SET (selected ())",
    "NOTIFY SET (selected (MessageNew))",
    "NOTIFY SET (selected (MessageExpunge))",
    "NOTIFY SET (personal (FlagChange))",
    "NOTIFY SET (personal (AnnotationChange))",
    "NOTIFY SET (selected (MailboxName))",
    "NOTIFY SET (personal (MessageNew (UID) MessageExpunge))",
    "NOTIFY SET (selected NONE) (selected-delayed NONE)",
    "NOTIFY SET (mailboxes () (MailboxName))",
    "NOTIFY SET (others (MailboxName))",
    `NOTIFY SET ${Array(51).fill("(personal NONE)").join(" ")}`,
  ]) {
    expect(parse(wrong)).toMatchObject({ ok: false, tag: "a" });
  }
});
