import { expect, test } from "vitest";
import { Role } from "../contract/permission.ts";
import { decideGrant, type RoleChange } from "./decide-grant.ts";

const decide = (
  roles: readonly Role[],
  verb: RoleChange["verb"],
  role: Role,
  { self = false, last = false } = {},
): string | null => decideGrant({ verb, role, by: { roles, isSubject: self }, isLastOwner: last });

test.for([
  // by, verb, role, whose, outcome
  ["owner", "grant", "owner", "another", null],
  ["owner", "grant", "admin", "another", null],
  ["owner", "grant", "help_desk", "another", null],
  ["owner", "grant", "auditor", "self", null],
  ["owner", "revoke", "owner", "another", null],
  ["owner", "revoke", "admin", "another", null],
  ["owner", "revoke", "owner", "self", null],
  ["owner", "revoke", "owner", "last", "owner_last"],
  ["owner", "revoke", "admin", "last", null],
  ["admin", "grant", "owner", "another", "role_reserved"],
  ["admin", "grant", "admin", "another", "role_reserved"],
  ["admin", "grant", "domain_admin", "another", null],
  ["admin", "grant", "help_desk", "another", null],
  ["admin", "grant", "auditor", "another", null],
  ["admin", "grant", "owner", "self", "role_own"],
  ["admin", "grant", "auditor", "self", "role_own"],
  ["admin", "revoke", "owner", "another", "role_reserved"],
  ["admin", "revoke", "owner", "last", "role_reserved"],
  ["admin", "revoke", "admin", "another", "role_reserved"],
  ["admin", "revoke", "admin", "self", null],
  ["admin", "revoke", "auditor", "another", null],
] as const)("%s: %s %s of %s: %s", ([by, verb, role, whose, outcome]) => {
  const isSelf = whose === "self" || (whose === "last" && by === "owner");
  expect(decide([by], verb, role, { self: isSelf, last: whose === "last" })).toBe(outcome);
});

test("a program with a key makes no administrators, and takes no owner away", () => {
  for (const role of Role.options) {
    const isReserved = role === "owner" || role === "admin";
    expect(decide([], "grant", role)).toBe(isReserved ? "role_reserved" : null);
    expect(decide([], "revoke", role)).toBe(isReserved ? "role_reserved" : null);
  }
});

test("nobody but an owner gets anything from themselves, whatever roles they have", () => {
  for (const role of Role.options)
    expect(decide(["admin", "domain_admin", "help_desk", "auditor"], "grant", role, { self: true })).toBe(
      "role_own",
    );
});
