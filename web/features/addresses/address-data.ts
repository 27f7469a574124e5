import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import {
  CatchAll,
  Forward,
  Group,
  type GroupChange,
  GroupDetail,
  GroupPage,
  type NewGroup,
} from "../../../src/contract/addresses.ts";
import {
  type NewResource,
  type NewSharedMailbox,
  Resource,
  type ResourceChange,
  ResourcesPage,
  type SharedMailboxChange,
  SharedMailboxDetail,
  SharedMailboxesPage,
  type SharedRole,
} from "../../../src/contract/shared-mailboxes.ts";
import { getJson, HttpProblem } from "../../app/http.ts";
import { adminQuery, type Params } from "../admin/admin-data.ts";
import { change, inPath, order, pagedQuery } from "../admin/admin-requests.ts";

const groupPath = (address: string): string => `/v1/groups/${inPath(address)}`;
const sharedPath = (id: string): string => `/v1/shared-mailboxes/${inPath(id)}`;
const forwardPath = (address: string): string => `/v1/forwards/${inPath(address)}`;

export const groupsQuery = pagedQuery(
  "/v1/groups",
  { limit: 50 },
  GroupPage.transform(({ groups, nextCursor }) => ({ items: groups, nextCursor })),
);
export const groupQuery = (address: string) => adminQuery(groupPath(address), GroupDetail);

export async function addGroup(group: NewGroup): Promise<Group> {
  return change("POST", "/v1/groups", group, Group);
}

export async function changeGroup(address: string, wanted: GroupChange): Promise<void> {
  await order("PATCH", groupPath(address), wanted);
}

export async function removeGroup(address: string): Promise<void> {
  await order("DELETE", groupPath(address));
}

export async function addMember(group: string, member: string): Promise<void> {
  await order("POST", `${groupPath(group)}/members`, { members: [member] });
}

export async function removeMember(group: string, member: string): Promise<void> {
  await order("DELETE", `${groupPath(group)}/members/${inPath(member)}`);
}

export const sharedQuery = (params: Params) =>
  pagedQuery("/v1/shared-mailboxes", { limit: 50, ...params }, SharedMailboxesPage);
export const sharedOneQuery = (id: string) => adminQuery(sharedPath(id), SharedMailboxDetail);

export async function addShared(wanted: NewSharedMailbox): Promise<SharedMailboxDetail> {
  return change("POST", "/v1/shared-mailboxes", wanted, SharedMailboxDetail);
}

export async function changeShared(id: string, wanted: SharedMailboxChange): Promise<SharedMailboxDetail> {
  return change("PATCH", sharedPath(id), wanted, SharedMailboxDetail);
}

export async function setSharedMember(id: string, identifier: string, role: SharedRole): Promise<void> {
  await order("PUT", `${sharedPath(id)}/members/${inPath(identifier)}`, { role });
}

export async function removeSharedMember(id: string, identifier: string): Promise<void> {
  await order("DELETE", `${sharedPath(id)}/members/${inPath(identifier)}`);
}

export const resourcesQuery = pagedQuery("/v1/resources", { limit: 50 }, ResourcesPage);

export async function addResource(wanted: NewResource): Promise<Resource> {
  return change("POST", "/v1/resources", wanted, Resource);
}

export async function changeResource(id: string, wanted: ResourceChange): Promise<Resource> {
  return change("PATCH", `/v1/resources/${inPath(id)}`, wanted, Resource);
}

/** Where mail for an address is forwarded to; null: nowhere. */
export const forwardQuery = (address: string) =>
  queryOptions({
    queryKey: ["admin", forwardPath(address)],
    networkMode: "always",
    queryFn: async ({ signal }): Promise<Forward | null> => {
      try {
        return await getJson(forwardPath(address), Forward, signal);
      } catch (error) {
        if (error instanceof HttpProblem && error.problem.status === 404) return null;
        throw error;
      }
    },
  });

export async function setForward(
  address: string,
  targets: readonly string[],
  keepCopy: boolean,
): Promise<void> {
  await order("PUT", forwardPath(address), { targets, keepCopy });
}

export async function removeForward(address: string): Promise<void> {
  await order("DELETE", forwardPath(address));
}

export const catchAllsQuery = adminQuery("/v1/catch-all", z.object({ catchAlls: z.array(CatchAll) }));

export async function setCatchAll(domain: string, target: string): Promise<void> {
  await order("PUT", `/v1/catch-all/${inPath(domain)}`, { target });
}

export async function removeCatchAll(domain: string): Promise<void> {
  await order("DELETE", `/v1/catch-all/${inPath(domain)}`);
}
