import { type GrantRole, RoleGrant, RoleGrantPage } from "../../../src/contract/roles.ts";
import { Role } from "../../../src/contract/session.ts";
import { change, inPath, order, pagedQuery } from "../admin/admin-requests.ts";

const PATH = "/v1/roles";

/** From who may most to who may least. */
export const ROLES = Role.options;

export const rolesQuery = pagedQuery(PATH, { limit: 100 }, RoleGrantPage);

export async function grantRole(wanted: GrantRole): Promise<RoleGrant> {
  return change("PUT", PATH, wanted, RoleGrant);
}

export async function revokeRole(address: string, role: Role): Promise<void> {
  await order("DELETE", `${PATH}/${inPath(address)}/${role}`);
}
