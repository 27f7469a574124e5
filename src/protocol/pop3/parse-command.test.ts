import fc from "fast-check";
import { expect, test } from "vitest";
import type { Command } from "./command.ts";
import { parseCommand } from "./parse-command.ts";
import { printError, printList, printOk } from "./print-response.ts";

function print(command: Command): string {
  switch (command.name) {
    case "USER":
      return `USER ${command.user}`;
    case "PASS":
      return `PASS ${command.password}`;
    case "AUTH":
      return ["AUTH", command.mechanism, command.initialResponse ?? []].flat().join(" ");
    case "LIST":
    case "UIDL":
      return [command.name, command.message ?? []].flat().join(" ");
    case "RETR":
    case "DELE":
      return `${command.name} ${command.message}`;
    case "TOP":
      return `TOP ${command.message} ${command.lines}`;
    case "CAPA":
    case "NOOP":
    case "QUIT":
    case "RSET":
    case "STAT":
    case "STLS":
    case "UTF8":
      break;
  }
  return command.name;
}

const number = fc.nat(4_294_967_295);
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.constantFrom<Command>(
    { name: "CAPA" },
    { name: "NOOP" },
    { name: "QUIT" },
    { name: "RSET" },
    { name: "STAT" },
    { name: "STLS" },
    { name: "UTF8" },
  ),
  fc
    .string({ unit: "binary", minLength: 1 })
    .filter((user) => user.trimEnd() === user)
    .map((user) => ({ name: "USER" as const, user })),
  fc.string({ unit: "binary" }).map((password) => ({ name: "PASS" as const, password })),
  fc
    .tuple(
      fc.stringMatching(/^[A-Z0-9_-]{1,20}$/),
      fc.option(fc.base64String({ minLength: 1 }), { nil: undefined }),
    )
    .map(([mechanism, initialResponse]) => ({ name: "AUTH" as const, mechanism, initialResponse })),
  fc
    .tuple(fc.constantFrom("LIST" as const, "UIDL" as const), fc.option(number, { nil: undefined }))
    .map(([name, message]) => ({ name, message })),
  fc
    .tuple(fc.constantFrom("RETR" as const, "DELE" as const), number)
    .map(([name, message]) => ({ name, message })),
  fc.tuple(number, number).map(([message, lines]) => ({ name: "TOP" as const, message, lines })),
);

test("what is printed is parsed as the same, in any letter case", () => {
  fc.assert(
    fc.property(command, fc.boolean(), (one, isLower) => {
      const line = print(one);
      const name = line.split(" ")[0] ?? "";
      const said = isLower ? name.toLowerCase() + line.slice(name.length) : line;
      expect(parseCommand(said)).toEqual({ ok: true, value: one });
    }),
    { numRuns: 1_000 },
  );
});

test("no line makes the parser throw, and a fault is somewhere in the line", () => {
  const names = fc.constantFrom("", "TOP ", "AUTH ", "LIST ", "uidl ");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), names, (rest, name) => {
      const parsed = parseCommand(name + rest);
      return parsed.ok || (parsed.at >= 0 && parsed.at <= (name + rest).length + 1);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  "",
  " STAT",
  "APOP mrose c4c9334bac560ecc979e58001b3e22fb",
  "LANG fr",
  "RETR",
  "RETR x",
  "RETR -1",
  "RETR 1.5",
  "RETR 12345678901",
  "RETR 1 2",
  "DELE",
  "TOP",
  "TOP 1",
  "TOP 1 -1",
  "TOP 1 2 3",
  "LIST a",
  "LIST 1 2",
  "UIDL \u0661",
  "STAT 1",
  "QUIT now",
  "USER",
  "USER ",
  "PASS",
  "AUTH",
  "AUTH *",
  "AUTH PLAIN  x",
  "AUTH PLAIN x y",
])("%j is refused", (line) => {
  expect(parseCommand(line)).toMatchObject({ ok: false });
});

test.each([
  ["STAT ", { name: "STAT" }],
  ["list ", { name: "LIST", message: undefined }],
  ["RETR 007", { name: "RETR", message: 7 }],
  ["PASS  two spaces ", { name: "PASS", password: " two spaces " }],
  ["PASS ", { name: "PASS", password: "" }],
  ["USER a b", { name: "USER", user: "a b" }],
  ["auth plain =", { name: "AUTH", mechanism: "PLAIN", initialResponse: "=" }],
])("%j is understood", (line, expected) => {
  expect(parseCommand(line)).toEqual({ ok: true, value: expected });
});

test("responses have the form of RFC 1939 §3 and RFC 2449 §8", () => {
  expect(printOk("2 messages")).toBe("+OK 2 messages\r\n");
  expect(printError("no such message")).toBe("-ERR no such message\r\n");
  expect(printError("no", "SYS/TEMP")).toBe("-ERR [SYS/TEMP] no\r\n");
  expect(printList(["1 120", "2 200"])).toBe("1 120\r\n2 200\r\n.\r\n");
  expect(printList([])).toBe(".\r\n");
});
