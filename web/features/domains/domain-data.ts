import type { z } from "zod";
import { Cutover, CutoverBack, CutoverSender, type SetCutover } from "../../../src/contract/cutover.ts";
import {
  Applied,
  type ApplyRequest,
  type DomainChange,
  DomainConnectLink,
  DomainDetail,
  DomainPage,
  Plan,
  type PlanRequest,
  PrimaryChanged,
  type SendInstructions,
} from "../../../src/contract/domains.ts";
import { pageOf } from "../../../src/contract/paging.ts";
import { request } from "../../app/http.ts";
import { queryClient } from "../../app/query-client.ts";
import { adminQuery, refresh } from "../admin/admin-data.ts";
import { change, inPath, order, pagedQuery } from "../admin/admin-requests.ts";

const pathOf = (name: string): string => `/v1/domains/${inPath(name)}`;

export const domainsQuery = pagedQuery("/v1/domains", { limit: 100 }, DomainPage);
export const domainQuery = (name: string) => adminQuery(pathOf(name), DomainDetail);
export const cutoverQuery = (name: string) => adminQuery(`${pathOf(name)}/cutover`, Cutover);
export const sendersQuery = (name: string) =>
  pagedQuery(`${pathOf(name)}/cutover/senders`, { limit: 50 }, pageOf(CutoverSender));

/** What an answer says of a domain is shown at once. */
function keep(domain: DomainDetail): DomainDetail {
  queryClient.setQueryData(domainQuery(domain.name).queryKey, domain);
  return domain;
}

export async function addDomain(name: string): Promise<DomainDetail> {
  return keep(await change("POST", "/v1/domains", { name }, DomainDetail));
}

export async function checkDomain(name: string): Promise<DomainDetail> {
  return keep(await change("POST", `${pathOf(name)}/check`, {}, DomainDetail));
}

export async function changeDomain(name: string, wanted: DomainChange): Promise<DomainDetail> {
  return keep(await change("PATCH", pathOf(name), wanted, DomainDetail));
}

export async function removeDomain(name: string): Promise<void> {
  await order("DELETE", pathOf(name));
}

export async function makePrimary(name: string): Promise<PrimaryChanged> {
  return change("POST", `${pathOf(name)}/primary`, {}, PrimaryChanged);
}

/** The records as lines of a zone file. */
export async function fetchZone(name: string): Promise<string> {
  return (await request(`${pathOf(name)}/zone`)).text();
}

export async function connectDomain(name: string): Promise<DomainConnectLink> {
  return change("POST", `${pathOf(name)}/domain-connect`, {}, DomainConnectLink);
}

export async function planRecords(name: string, wanted: z.input<typeof PlanRequest>): Promise<Plan> {
  return change("POST", `${pathOf(name)}/plan`, wanted, Plan);
}

export async function applyRecords(name: string, wanted: z.input<typeof ApplyRequest>): Promise<Applied> {
  const applied = await change("POST", `${pathOf(name)}/apply`, wanted, Applied);
  keep(applied.domain);
  return applied;
}

export async function sendInstructions(name: string, wanted: SendInstructions): Promise<void> {
  await order("POST", `${pathOf(name)}/instructions`, wanted);
}

export async function setCutover(name: string, wanted: SetCutover): Promise<Cutover> {
  return change("PUT", `${pathOf(name)}/cutover`, wanted, Cutover);
}

export async function cutoverStep(name: string, step: "check" | "done"): Promise<Cutover> {
  return change("POST", `${pathOf(name)}/cutover/${step}`, undefined, Cutover);
}

export async function goBack(name: string): Promise<CutoverBack> {
  const answer = await change("POST", `${pathOf(name)}/cutover/back`, undefined, CutoverBack);
  await refresh();
  return answer;
}
