import type { z } from "zod";
import {
  InvitationLink,
  type NewPerson,
  NewPasswordAnswer,
  NewPersonAnswer,
  PeoplePage,
  type PersonChange,
  PersonDetail,
  SignOutAnswer,
} from "../../../src/contract/people.ts";
import { adminQuery, type Params } from "../admin/admin-data.ts";
import { change, inPath, order, pagedQuery } from "../admin/admin-requests.ts";

const pathOf = (id: string): string => `/v1/people/${inPath(id)}`;

export const peopleQuery = (params: Params) => pagedQuery("/v1/people", { limit: 50, ...params }, PeoplePage);
export const personQuery = (id: string) => adminQuery(pathOf(id), PersonDetail);

export async function addPerson(person: z.input<typeof NewPerson>): Promise<NewPersonAnswer> {
  return change("POST", "/v1/people", person, NewPersonAnswer);
}

export async function changePerson(id: string, wanted: PersonChange): Promise<PersonDetail> {
  return change("PATCH", pathOf(id), wanted, PersonDetail);
}

export async function removePerson(id: string): Promise<void> {
  await order("DELETE", pathOf(id));
}

export async function restorePerson(id: string): Promise<PersonDetail> {
  return change("POST", `${pathOf(id)}/restore`, {}, PersonDetail);
}

export async function newPassword(id: string): Promise<string> {
  return (await change("POST", `${pathOf(id)}/password`, {}, NewPasswordAnswer)).password;
}

export async function invite(id: string, to?: string): Promise<InvitationLink> {
  return change("POST", `${pathOf(id)}/invitation`, to === undefined ? {} : { to }, InvitationLink);
}

export async function signOutPerson(id: string, appPasswords: boolean): Promise<SignOutAnswer> {
  return change("POST", `${pathOf(id)}/sign-out`, { appPasswords }, SignOutAnswer);
}

export async function addAlias(alias: string, target: string): Promise<void> {
  await order("POST", "/v1/aliases", { alias, target });
}

export async function removeAlias(alias: string): Promise<void> {
  await order("DELETE", `/v1/aliases/${inPath(alias)}`);
}
