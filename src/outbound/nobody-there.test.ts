import fc from "fast-check";
import { expect, test } from "vitest";
import { saysNobodyIsThere } from "./nobody-there.ts";

const says = (status: string, text: string): boolean => saysNobodyIsThere({ status, reply: text });

test.each([
  ["5.1.1", "550 5.1.1 <x@y.test>: Recipient address rejected: User unknown in virtual mailbox table"],
  ["5.1.1", "550 5.1.1 The email account that you tried to reach does not exist"],
  ["5.1.2", "550 5.1.2 Bad destination system address"],
  ["5.1.3", "553 5.1.3 The recipient address is not a valid address"],
  ["5.1.6", "551 5.1.6 The mailbox has moved"],
  ["5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"],
  ["5.2.1", "550 5.2.1 The email account that you tried to reach is disabled"],
  ["5.2.1", "550 5.2.1 mailbox is inactive"],
  ["5.0.0", "550 User unknown"],
  ["5.0.0", "550 No such user here"],
  ["5.0.0", "550 Unknown user: x@y.test"],
  ["5.0.0", "550 unknown local user"],
  ["5.0.0", "550 <x@y.test> is not known; mailbox not found"],
  ["5.0.0", "550 Invalid recipient x@y.test"],
  ["5.0.0", "553 sorry, no mailbox here by that name"],
  ["5.0.0", "554 delivery error: This user doesn't have a y.test account"],
  ["5.0.0", "550 The mailbox x does not exist"],
  ["5.1.0", "550 5.1.0 Address rejected: the account is disabled"],
  ["5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable"],
])("nobody is there: %s %s", (status, reply) => expect(says(status, reply)).toBe(true));

test.each([
  ["5.7.1", "550 5.7.1 Message rejected as spam"],
  ["5.7.1", "550 5.7.1 User unknown"],
  ["5.7.26", "550 5.7.26 This mail is unauthenticated: the account does not exist"],
  ["5.2.2", "552 5.2.2 Mailbox full"],
  [
    "5.2.1",
    "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery",
  ],
  ["5.2.1", "550 5.2.1 The user is receiving mail too quickly"],
  ["5.4.1", "550 5.4.1 Recipient address rejected: Access denied"],
  ["5.0.0", "550 Sender address rejected: user unknown"],
  ["5.0.0", "550 Message content rejected: unknown user in signature"],
  ["5.0.0", "550 Rejected by policy"],
  ["5.0.0", "550 Requested action not taken: mailbox unavailable"],
  ["5.0.0", "554 Your address is blocked: see spamhaus"],
  ["5.0.0", "550 Relaying to this user not allowed: unknown recipient"],
  ["5.0.0", "552 mailbox not found"],
  ["5.0.0", "554 Transaction failed"],
  ["5.3.4", "552 5.3.4 Message too big for this user"],
])("something else: %s %s", (status, reply) => expect(says(status, reply)).toBe(false));

test("what is said for policy or security suppresses nobody, whatever the words", () => {
  const words = fc.array(
    fc.constantFrom("user ", "unknown ", "mailbox ", "does not ", "exist", ":", "\n", "x "),
    { maxLength: 3_000 },
  );
  fc.assert(
    fc.property(words, fc.nat(99), (list, detail) => {
      expect(says(`5.7.${detail}`, `550 ${list.join("")}`)).toBe(false);
      expect(says("5.0.0", `550 ${list.join("")} spam`)).toBe(false);
      // And no text is too much for the patterns.
      expect(says("5.0.0", `550 User unknown ${list.join("")}`)).toBe(true);
    }),
  );
});
