import { queryOptions } from "@tanstack/react-query";
import { AddedDevice, Devices, type NewDevice } from "../../../src/contract/devices.ts";
import { getJson, postJson, request } from "../../app/http.ts";
import { queryClient } from "../../app/query-client.ts";

const PATH = "/v1/me/devices";

export const devicesQuery = queryOptions({
  queryKey: ["devices"],
  networkMode: "always",
  queryFn: async ({ signal }) => getJson(PATH, Devices, signal),
});

const refresh = async (): Promise<void> => queryClient.invalidateQueries({ queryKey: devicesQuery.queryKey });

export async function addDevice(device: NewDevice): Promise<AddedDevice> {
  const added = await postJson(PATH, device, AddedDevice);
  await refresh();
  return added;
}

export async function removeDevice(id: string): Promise<void> {
  await request(`${PATH}/${encodeURIComponent(id)}`, { method: "DELETE" });
  await refresh();
}
