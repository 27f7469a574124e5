import { queryOptions } from "@tanstack/react-query";
import { PublicBranding } from "../../src/contract/branding.ts";
import { wearAccent } from "../ui/accent.ts";
import { getJson } from "./http.ts";
import { queryClient } from "./query-client.ts";

/** How the pages of an agency look. @param by its short name, or an address at one of its domains */
export const looksQuery = (by: { readonly agency: string } | { readonly address: string }) =>
  queryOptions({
    queryKey: ["looks", by],
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ signal }) =>
      getJson(`/branding?${new URLSearchParams({ ...by }).toString()}`, PublicBranding, signal),
  });

/** Shows the pages in the colour of whose address this is. What can't be read stays as it is: a colour is nothing to wait for. */
export async function wearLooksOf(address: string): Promise<void> {
  const looks = await queryClient.fetchQuery(looksQuery({ address })).catch(() => null);
  wearAccent(looks?.colour ?? null);
}
