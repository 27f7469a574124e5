import { Branding, type SetBranding } from "../../../src/contract/branding.ts";
import { request } from "../../app/http.ts";
import { queryClient } from "../../app/query-client.ts";
import { wearAccent } from "../../ui/accent.ts";
import { adminQuery } from "../admin/admin-data.ts";
import { change } from "../admin/admin-requests.ts";

const PATH = "/v1/branding";
export const brandingQuery = adminQuery(PATH, Branding);

function remember(saved: Branding): Branding {
  queryClient.setQueryData(brandingQuery.queryKey, saved);
  return saved;
}

export async function saveBranding(wanted: SetBranding): Promise<Branding> {
  const saved = remember(await change("PUT", PATH, wanted, Branding));
  wearAccent(saved.colour);
  return saved;
}

export async function saveLogo(picture: File): Promise<Branding> {
  const headers = { "content-type": picture.type, accept: "application/json" };
  const response = await request(`${PATH}/logo`, { method: "PUT", headers, body: picture });
  return remember(Branding.parse(await response.json()));
}

export async function removeLogo(): Promise<Branding> {
  return remember(await change("DELETE", `${PATH}/logo`, undefined, Branding));
}
