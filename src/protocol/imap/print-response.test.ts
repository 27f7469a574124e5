import { expect, test } from "vitest";
import {
  printCondition,
  printDelimiter,
  printEsearch,
  printId,
  printList,
  printNamespaces,
  printSearch,
  printStatus,
} from "./print-response.ts";

test("status responses (RFC 9051 §7.1) are one line of printable ASCII", () => {
  expect(printCondition("a1", "OK", "done")).toBe("a1 OK done");
  expect(printCondition("*", "OK", "UIDs valid", "UIDVALIDITY 3857529045")).toBe(
    "* OK [UIDVALIDITY 3857529045] UIDs valid",
  );
  expect(printCondition("a", "NO", "no\r\n* OK [x] é")).toBe("a NO no * OK [x]  ");
  expect(printCondition("a", "BAD", "[TRYCREATE]")).toBe("a BAD (TRYCREATE]");
  expect(printCondition("a", "BAD", "")).toBe("a BAD .");
});

test("LIST and LSUB (RFC 9051 §7.3.1)", () => {
  const box = { name: "Αρχείο/a b", attributes: ["\\HasNoChildren", "\\Archive"] };
  expect(printList("LIST", box, "utf8")).toBe('* LIST (\\HasNoChildren \\Archive) "/" "Αρχείο/a b"');
  expect(printList("LSUB", box, "modified-utf7")).toBe(
    '* LSUB (\\HasNoChildren \\Archive) "/" "&A5EDwQPHA7UDrwO,-/a b"',
  );
  expect(printList("LIST", { name: "INBOX", attributes: [], childIsSubscribed: true }, "utf8")).toBe(
    '* LIST () "/" INBOX ("CHILDINFO" ("SUBSCRIBED"))',
  );
  expect(printDelimiter("LIST")).toBe('* LIST (\\Noselect) "/" ""');
});

test("STATUS", () => {
  expect(
    printStatus("blurdybloop", [["MESSAGES", 231], ["MAILBOXID", "F2212ea87"], ["APPENDLIMIT", undefined]], "utf8"), // prettier-ignore
  ).toBe("* STATUS blurdybloop (MESSAGES 231 MAILBOXID (F2212ea87) APPENDLIMIT NIL)");
});

test("SEARCH and ESEARCH", () => {
  expect(printSearch([2, 3, 6])).toBe("* SEARCH 2 3 6");
  expect(printSearch([])).toBe("* SEARCH");
  expect(printSearch([2, 5], 917_162_500)).toBe("* SEARCH 2 5 (MODSEQ 917162500)");
  expect(printEsearch({ tag: "A282", uid: false, min: 2, count: 3 })).toBe(
    '* ESEARCH (TAG "A282") MIN 2 COUNT 3',
  );
  const all = [{ first: 4, last: 18 }, { first: 21, last: 21 }]; // prettier-ignore
  expect(printEsearch({ tag: "A285", uid: true, max: 21, all })).toBe(
    '* ESEARCH (TAG "A285") UID MAX 21 ALL 4:18,21',
  );
  expect(printEsearch({ tag: "A283", uid: false, all: [] })).toBe('* ESEARCH (TAG "A283")');
});

test("ID and NAMESPACE", () => {
  expect(printId(new Map())).toBe("* ID NIL");
  expect(printId(new Map([["name", "Angelia"], ["date", undefined]]))).toBe('* ID ("name" "Angelia" "date" NIL)'); // prettier-ignore
  expect(printNamespaces("Other Users/", "Shared/")).toBe(
    '* NAMESPACE (("" "/")) (("Other Users/" "/")) (("Shared/" "/"))',
  );
});
