import type { Permission } from "../contract/permission.ts";
import type { AccountId, TenantId } from "../kernel/id.ts";

/** Who changes people, and what they may do. */
export interface PeopleChanger {
  readonly tenantId: TenantId;
  /** as the audit log names them */
  readonly actor: string;
  /** null: a program with a key */
  readonly accountId: AccountId | null;
  readonly permissions: ReadonlySet<Permission>;
  /** the domains whose people and addresses they may touch; null: all of the agency */
  readonly domains: readonly string[] | null;
}
