import {
  type ImportAccess,
  type OnExisting,
  PeopleImport,
  PeopleImportsPage,
} from "../../../src/contract/people-imports.ts";
import { request } from "../../app/http.ts";
import { adminQuery, refresh } from "../admin/admin-data.ts";
import { change, inPath, order, pagedQuery } from "../admin/admin-requests.ts";

const pathOf = (id: string): string => `/v1/people-imports/${inPath(id)}`;

export const importsQuery = pagedQuery("/v1/people-imports", { limit: 20 }, PeopleImportsPage);
export const importQuery = (id: string) => adminQuery(pathOf(id), PeopleImport);

/** Has a list looked through; nobody is made yet. */
export async function checkList(
  file: Blob,
  onExisting: OnExisting,
  access: ImportAccess,
): Promise<PeopleImport> {
  const response = await request(`/v1/people-imports?onExisting=${onExisting}&access=${access}`, {
    method: "POST",
    headers: { "content-type": "text/csv", accept: "application/json" },
    body: file,
  });
  const checked = PeopleImport.parse(await response.json());
  await refresh();
  return checked;
}

export async function startImport(id: string, leaveOutFaulty: boolean): Promise<PeopleImport> {
  return change("POST", `${pathOf(id)}/start`, { leaveOutFaulty }, PeopleImport);
}

export async function forgetImport(id: string): Promise<void> {
  await order("DELETE", pathOf(id));
}

/** The result with the passwords, as a file. */
export async function fetchResult(id: string): Promise<Blob> {
  return (await request(`${pathOf(id)}/result`)).blob();
}

/** The result is safe: the passwords in it are deleted here. */
export async function confirmResult(id: string): Promise<void> {
  await order("DELETE", `${pathOf(id)}/result`);
}
