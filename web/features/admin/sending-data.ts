import { z } from "zod";
import {
  Alert,
  SendingHold,
  SendingLimits,
  type SetSendingLimit,
} from "../../../src/contract/sending-limits.ts";
import { request } from "../../app/http.ts";
import { queryClient } from "../../app/query-client.ts";
import { adminQuery } from "./admin-data.ts";

export const limitsQuery = adminQuery("/v1/sending-limits", SendingLimits);
export const alertsQuery = adminQuery("/v1/alerts", z.object({ list: z.array(Alert) }));
export const holdsQuery = adminQuery("/v1/holds", z.object({ list: z.array(SendingHold) }));

async function post(path: string): Promise<void> {
  await request(path, { method: "POST" });
  await queryClient.invalidateQueries({ queryKey: ["admin"] });
}

/** Sets a limit of the agency's own; one without numbers is taken away. */
export async function saveLimit(limit: z.output<typeof SetSendingLimit>): Promise<void> {
  await request("/v1/sending-limits", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(limit),
  });
  await queryClient.invalidateQueries({ queryKey: ["admin"] });
}

export const markSeen = async (id: string): Promise<void> => post(`/v1/alerts/${id}/seen`);
export const releaseAccount = async (accountId: string): Promise<void> =>
  post(`/v1/holds/${accountId}/release`);
export const dropAccountMail = async (accountId: string): Promise<void> =>
  post(`/v1/holds/${accountId}/drop`);
