import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { sessionQuery } from "../../app/session.ts";
import { domainsQuery } from "../domains/domain-data.ts";

/** The domains in which addresses can be made, the one for new people first. */
export function useUsableDomains(): string[] {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const domains = useInfiniteQuery(domainsQuery);
  const items = domains.data?.pages.flatMap((page) => page.items) ?? [];
  const usable = items
    .filter(({ state }) => state !== "unproven")
    .filter(({ name }) => session?.domains?.includes(name) ?? true)
    .toSorted((one, other) => Number(other.isPrimary) - Number(one.isPrimary))
    .map(({ name }) => name);
  // Until the list is there, or for who may not read it: the domain of one's own address.
  return usable.length > 0 ? usable : [session?.address.split("@")[1] ?? ""];
}
