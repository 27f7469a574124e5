import { expect, test } from "vitest";
import { parseHeaders } from "../header/index.ts";
import { readHeaderProperty } from "./header-form.ts";
import { parseHeaderProperty } from "./header-property.ts";

test("RFC 8621 §4.1.3: the name, the form and :all", () => {
  expect(parseHeaderProperty("header:Subject")).toMatchObject({ field: "Subject", form: "Raw", all: false });
  expect(parseHeaderProperty("header:list-post:asURLs:all")).toMatchObject({
    field: "list-post",
    form: "URLs",
    all: true,
  });
  expect(parseHeaderProperty("header:X-Any:asGroupedAddresses")).toMatchObject({ form: "GroupedAddresses" });
});

test.each([
  "header:From:asText",
  "header:From:asDate",
  "header:Subject:asAddresses",
  "header:Received:asText",
  "header:Date:asMessageIds",
  "header:List-Post:asText",
  "header:From:asNothing",
  "header:From:all:asAddresses",
  "header:From:all:all",
  "header:",
  "header:a b",
  "subject",
])("%s is refused", (property) => {
  expect(parseHeaderProperty(property)).toBeNull();
});

const HEADER = [
  "Subject: =?utf-8?Q?caf=C3=A9?=",
  " =?utf-8?Q?_noir?=",
  "From: =?utf-8?Q?James_Smythe?= <james@example.com>, Friends: jane@example.com,",
  " =?UTF-8?Q?John_Sm=C3=AEth?= <john@example.com>;",
  "List-Unsubscribe: <mailto:list-request@example.com?subject=unsubscribe>,",
  "\t<https://lists.example.com/unsub?x=1> (a comment)",
  "X-Number: 1",
  "x-number: 2",
  "References: <a@x> <b@x>",
  "Date: Thu, 30 Oct 2014 14:12:00 +0800",
  "",
  "",
].join("\r\n");
const bytes = new TextEncoder().encode(HEADER);
const read = (name: string): unknown => {
  const property = parseHeaderProperty(name);
  if (property === null) throw new Error(name);
  return readHeaderProperty(bytes, parseHeaders(bytes), property);
};

test.each<[string, unknown]>([
  ["header:subject:asText", "café noir"],
  ["header:subject", " =?utf-8?Q?caf=C3=A9?=\r\n =?utf-8?Q?_noir?="],
  ["header:X-Number", " 2"],
  ["header:X-Number:all", [" 1", " 2"]],
  ["header:X-Missing", null],
  ["header:X-Missing:asText:all", []],
  ["header:References:asMessageIds", ["a@x", "b@x"]],
  ["header:Date:asDate", "2014-10-30T14:12:00+08:00"],
  [
    "header:List-Unsubscribe:asURLs",
    ["mailto:list-request@example.com?subject=unsubscribe", "https://lists.example.com/unsub?x=1"],
  ],
  [
    "header:From:asAddresses",
    [
      { name: "James Smythe", email: "james@example.com" },
      { name: null, email: "jane@example.com" },
      { name: "John Smîth", email: "john@example.com" },
    ],
  ],
  [
    // The example of RFC 8621 §4.1.2.4
    "header:From:asGroupedAddresses",
    [
      { name: null, addresses: [{ name: "James Smythe", email: "james@example.com" }] },
      {
        name: "Friends",
        addresses: [
          { name: null, email: "jane@example.com" },
          { name: "John Smîth", email: "john@example.com" },
        ],
      },
    ],
  ],
])("%s", (name, value) => {
  expect(read(name)).toEqual(value);
});
