import fc from "fast-check";
import { expect, test } from "vitest";
import { CommandReader, type LiteralDecision, type ReaderEvent } from "./command-reader.ts";
import type { LiteralStart } from "./command-text.ts";

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Streams the literals of APPEND, collects up to 20 octets of others. */
function decide({ text: { bytes }, sizeBytes }: LiteralStart): LiteralDecision {
  if (/^\S+ APPEND /.test(text(bytes))) return "stream";
  return sizeBytes <= 20 ? "collect" : "refuse";
}

/** What a session sees, one word per event; adjacent pieces of one literal are joined. */
function play(chunks: readonly Uint8Array[], abandon = false): string[] {
  const reader = new CommandReader(decide, { lineBytes: 60, commandBytes: 150 });
  const seen: string[] = [];
  let data = "";
  const take = (event: ReaderEvent): void => {
    if (event.kind === "data") {
      data += text(event.bytes);
      if (event.leftBytes === 0) seen.push(`data ${data}`);
      if (event.leftBytes === 0) data = "";
    } else if (event.kind === "command") seen.push(`command ${text(event.text.bytes)}`);
    else if (event.kind === "refused") seen.push(`refused ${event.reason} ${text(event.start).slice(0, 3)}`);
    else if (event.kind === "continue") seen.push("+");
    else {
      seen.push(`literal ${text(event.literal.text.bytes)}`);
      if (abandon) reader.abandon(event.literal);
    }
  };
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let event = reader.next(); event !== undefined; event = reader.next()) take(event);
  }
  return seen;
}

test("pipelined commands come one by one, with CRLF or a bare LF", () => {
  expect(play([latin1("a1 NOOP\r\na2 CHECK\na3 NO")])).toEqual(["command a1 NOOP", "command a2 CHECK"]);
});

test("a synchronising literal asks for a continuation, a non-synchronising one does not (RFC 7888)", () => {
  expect(play([latin1("A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man\r\n")])).toEqual([
    "+",
    "+",
    "command A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man",
  ]);
  expect(play([latin1("A001 LOGIN {11+}\r\nFRED FOOBAR {7+}\r\nfat man\r\n")])).toEqual([
    "command A001 LOGIN {11+}\r\nFRED FOOBAR {7+}\r\nfat man",
  ]);
});

test("the message of an APPEND is streamed, and several in one command", () => {
  expect(play([latin1("a APPEND x {5}\r\nhello (\\Seen) {0+}\r\n {3}\r\n{1}\r\nb NOOP\r\n")])).toEqual([
    "literal a APPEND x {5}\r\n",
    "data hello",
    "literal a APPEND x {5}\r\n (\\Seen) {0+}\r\n",
    "data ",
    "literal a APPEND x {5}\r\n (\\Seen) {0+}\r\n {3}\r\n",
    "data {1}",
    "command a APPEND x {5}\r\n (\\Seen) {0+}\r\n {3}\r\n",
    "command b NOOP",
  ]);
});

test("an abandoned literal that was sent without waiting is skipped with the rest of its command", () => {
  expect(play([latin1("a APPEND x {5+}\r\nhello {2+}\r\nxx\r\nb NOOP\r\n")], true)).toEqual([
    "literal a APPEND x {5+}\r\n",
    "command b NOOP",
  ]);
  expect(play([latin1("a APPEND x {5}\r\nb NOOP\r\n")], true)).toEqual([
    "literal a APPEND x {5}\r\n",
    "command b NOOP",
  ]);
});

test("a line over the limit and a literal over the limit are refused, and the next command is read", () => {
  const long = `a1 ${"x".repeat(200)}`;
  expect(play([latin1(`${long}\r\nb NOOP\r\n`)])).toEqual(["refused line a1 ", "command b NOOP"]);
  expect(play([latin1(`${long} {4+}\r\nxxxx y\r\nb NOOP\r\n`)])).toEqual([
    "refused line a1 ",
    "command b NOOP",
  ]);
  expect(play([latin1("a2 LOGIN {21}\r\nb NOOP\r\n")])).toEqual(["refused literal a2 ", "command b NOOP"]);
  expect(play([latin1(`a2 LOGIN {21+}\r\n${"\r\n".repeat(10)}! x\r\nb NOOP\r\n`)])).toEqual([
    "refused literal a2 ",
    "command b NOOP",
  ]);
});

test("a command is bounded in all its literals together", () => {
  const many = `a1 LOGIN${" {20+}\r\n12345678901234567890".repeat(8)}\r\nb NOOP\r\n`;
  expect(play([latin1(many)])).toEqual(["refused literal a1 ", "command b NOOP"]);
});

test("bare lines are read between commands, and what is pending is known", () => {
  const reader = new CommandReader(decide);
  reader.push(latin1("a IDLE\r\nDO"));
  expect(reader.next()?.kind).toBe("command");
  expect(reader.nextLine()).toBeUndefined();
  reader.push(latin1("NE\r\nb"));
  expect(reader.nextLine()).toEqual(latin1("DONE"));
  expect(reader.hasPending).toBe(true);
});

test("an endless bare line is refused without being kept", () => {
  const reader = new CommandReader(decide, { lineBytes: 10, commandBytes: 20 });
  reader.push(latin1("x".repeat(50)));
  expect(reader.nextLine()).toBe("refused");
  reader.push(latin1("yy\r\na NOOP\r\n"));
  expect(reader.next()).toMatchObject({ kind: "command", text: { bytes: latin1("a NOOP") } });
});

/** Text with a good share of what the reader looks at. */
const wire = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "a1 APPEND x ",
        "a2 LOGIN ",
        "{3}",
        "{3+}",
        "{0}",
        "{25+}",
        "~{2}",
        "\r\n",
        "\n",
        "\r",
        "abc",
        " ",
      ),
      fc.string({ maxLength: 30 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => latin1(parts.join("").replaceAll(/[^\0-\u00ff]/g, "?")));

test("how the bytes are cut into chunks does not change what is read", () => {
  fc.assert(
    fc.property(
      wire,
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      fc.boolean(),
      (bytes, sizes, abandon) => {
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += chunks.at(-1)?.length ?? 1) {
          chunks.push(bytes.subarray(at, at + sizes.next().value));
        }
        expect(play(chunks, abandon)).toEqual(play([bytes], abandon));
      },
    ),
    { numRuns: 2_000 },
  );
});
