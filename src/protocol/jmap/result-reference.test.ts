import { expect, test } from "vitest";
import { resolveReferences } from "./result-reference.ts";
import type { Invocation } from "./request.ts";

const reference = (resultOf: string, name: string, path: string): object => ({ resultOf, name, path });

test("RFC 8620 §3.7.1: the ids of a changes response become the ids of a get", () => {
  const responses: Invocation[] = [
    ["Foo/changes", { accountId: "A1", created: ["f1", "f4"], updated: [], destroyed: [] }, "t0"],
  ];
  const args = { accountId: "A1", "#ids": reference("t0", "Foo/changes", "/created") };
  expect(resolveReferences(args, responses)).toEqual({
    ok: true,
    args: { accountId: "A1", ids: ["f1", "f4"] },
  });
});

test("RFC 8620 §3.7.2: `*` maps over an array, and joins the arrays that come out", () => {
  const responses: Invocation[] = [
    ["Email/get", { list: [{ threadId: "trd194" }, { threadId: "trd114" }] }, "t1"],
    [
      "Thread/get",
      {
        list: [
          { id: "trd194", emailIds: ["msg1020", "msg1021", "msg1023"] },
          { id: "trd114", emailIds: ["msg201", "msg223"] },
        ],
      },
      "t2",
    ],
  ];
  expect(resolveReferences({ "#ids": reference("t1", "Email/get", "/list/*/threadId") }, responses)).toEqual({
    ok: true,
    args: { ids: ["trd194", "trd114"] },
  });
  expect(resolveReferences({ "#ids": reference("t2", "Thread/get", "/list/*/emailIds") }, responses)).toEqual(
    {
      ok: true,
      args: { ids: ["msg1020", "msg1021", "msg1023", "msg201", "msg223"] },
    },
  );
});

test("a pointer is escaped as RFC 6901 says, and may name one item of an array", () => {
  const responses: Invocation[] = [["X", { "a/b~c": [{ n: 1 }, { n: 2 }] }, "0"]];
  expect(resolveReferences({ "#n": reference("0", "X", "/a~1b~0c/1/n") }, responses)).toEqual({
    ok: true,
    args: { n: 2 },
  });
});

test.each([
  ["another call id", reference("9", "X", "/n")],
  ["another method name", reference("0", "Y", "/n")],
  ["a path to nothing", reference("0", "X", "/m")],
  ["a path through a number", reference("0", "X", "/n/m")],
  ["an index with a leading zero", reference("0", "X", "/list/01")],
  ["`*` on an object", reference("0", "X", "/*/n")],
  ["an inherited property", reference("0", "X", "/constructor")],
  ["a path without slash", reference("0", "X", "n")],
  ["no reference at all", "n"],
])("%s is an invalid reference", (_what, value) => {
  const responses: Invocation[] = [["X", { n: 1, list: [1, 2] }, "0"]];
  expect(resolveReferences({ "#n": value }, responses)).toMatchObject({
    ok: false,
    type: "invalidResultReference",
  });
});

test("an argument and its reference can't both be given", () => {
  const responses: Invocation[] = [["X", { n: 1 }, "0"]];
  expect(resolveReferences({ n: 1, "#n": reference("0", "X", "/n") }, responses)).toMatchObject({
    ok: false,
    type: "invalidArguments",
  });
});

test("the first response to a call is the one that is meant: an implied Email/set is not", () => {
  const responses: Invocation[] = [
    ["EmailSubmission/set", { n: 1 }, "0"],
    ["Email/set", { n: 2 }, "0"],
  ];
  expect(resolveReferences({ "#n": reference("0", "Email/set", "/n") }, responses)).toMatchObject({
    ok: false,
  });
});
