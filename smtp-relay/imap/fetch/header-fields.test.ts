import { expect, test } from "vitest";
import { pickFields } from "./header-fields.ts";

const pick = (header: string, names: readonly string[], except = false): string =>
  Buffer.from(pickFields(Buffer.from(header), names, except)).toString();

const HEADER = "From: a@b\r\nReceived: one\r\n\ttwo\r\nSUBJECT: x\r\nReceived: three\r\n\r\n";

test("fields come in the order of the message, folded as they are, whatever order and case was asked", () => {
  expect(pick(HEADER, ["subject", "received"])).toBe(
    "Received: one\r\n\ttwo\r\nSUBJECT: x\r\nReceived: three\r\n\r\n",
  );
  expect(pick(HEADER, ["subject", "received"], true)).toBe("From: a@b\r\n\r\n");
});

test("an empty line always ends them", () => {
  expect(pick(HEADER, ["none"])).toBe("\r\n");
  expect(pick("", ["none"], true)).toBe("\r\n");
  expect(pick("From: cut off", ["from"])).toBe("From: cut off\r\n\r\n");
  expect(pick("From: bare\n\n", ["from"])).toBe("From: bare\n\r\n");
});
