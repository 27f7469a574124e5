import { expect, test } from "vitest";
import { readMailboxList } from "./read-list.ts";

test("a list with and without a head, in any order, with quotes and semicolons", () => {
  const [first] = readMailboxList('a@b.test,a,"p,w"" ",old.test').mailboxes;
  expect(first).toEqual({
    field: "csv.1",
    address: "a@b.test",
    user: "a",
    password: 'p,w" ',
    host: "old.test",
  });
  const { mailboxes } = readMailboxList("Password;Address\r\nsecret;a@b.test\r\n");
  expect(mailboxes).toEqual([{ field: "csv.2", address: "a@b.test", password: "secret" }]);
});

test("what is wrong is told with its line, and the right lines are there all the same", () => {
  const { mailboxes, problems } = readMailboxList(
    "a@b.test,a,p\n,b,p\nc@b.test,c,p,bad host\nd@b.test,d,p,h,more\n",
  );
  expect(mailboxes.map((one) => one.address)).toEqual(["a@b.test"]);
  expect(problems).toEqual([
    { field: "csv.2", code: "required" },
    { field: "csv.3", code: "malformed" },
    { field: "csv.4", code: "malformed" },
  ]);
  expect(readMailboxList('"never ended').problems).toEqual([{ field: "csv", code: "malformed" }]);
});
