import type { z } from "zod";
import { Mandate, MandatesPage, type NewMandate } from "../../../src/contract/mandates.ts";
import { change, inPath, order, pagedQuery } from "../admin/admin-requests.ts";

const PATH = "/v1/mandates";

export const mandatesQuery = pagedQuery(PATH, { limit: 50 }, MandatesPage);

export async function addMandate(wanted: z.input<typeof NewMandate>): Promise<Mandate> {
  return change("POST", PATH, wanted, Mandate);
}

export async function endMandate(id: string): Promise<Mandate> {
  return change("POST", `${PATH}/${inPath(id)}/end`, {}, Mandate);
}

export async function removeMandate(id: string): Promise<void> {
  await order("DELETE", `${PATH}/${inPath(id)}`);
}
