import type { Role } from "../contract/permission.ts";
import type { ErrorCode } from "../kernel/error.ts";

/** Who wants to change a role, and whose. */
export interface RoleChange {
  readonly verb: "grant" | "revoke";
  readonly role: Role;
  readonly by: {
    /** of a program with a key: none */
    readonly roles: readonly Role[];
    /** it is their own role */
    readonly isSubject: boolean;
  };
  /** the subject is the last owner who can sign in */
  readonly isLastOwner: boolean;
}

const RESERVED: ReadonlySet<Role> = new Set(["owner", "admin"]);

/** Whether somebody who may change roles at all may change this one.
 * Only owners make owners and administrators, and take these roles away. Nobody raises themselves; whoever wants may step down. An agency
 * keeps one owner.
 * @returns null: they may */
export function decideGrant({ verb, role, by, isLastOwner }: RoleChange): ErrorCode | null {
  const isOwner = by.roles.includes("owner");
  if (verb === "grant") {
    if (by.isSubject && !isOwner) return "role_own";
    return RESERVED.has(role) && !isOwner ? "role_reserved" : null;
  }
  if (RESERVED.has(role) && !isOwner && !by.isSubject) return "role_reserved";
  return role === "owner" && isLastOwner ? "owner_last" : null;
}
