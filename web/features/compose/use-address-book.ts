import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { AddressBookPage } from "../../../src/contract/address-book.ts";
import { getJson } from "../../app/http.ts";
import { formatAddress } from "./addresses.ts";

const LONG_ENOUGH = 2;
const NONE: readonly string[] = [];

/** People, groups and shared mailboxes of the agency whose name or address begins with what is typed, as `Name <address>`. */
export function useAddressBook(typed: string): readonly string[] {
  const words = typed.trim();
  const { data } = useQuery({
    queryKey: ["address-book", words],
    enabled: words.length >= LONG_ENOUGH,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      getJson(`/v1/address-book?limit=6&q=${encodeURIComponent(words)}`, AddressBookPage, signal),
  });
  if (words.length < LONG_ENOUGH || data === undefined) return NONE;
  return data.items.map(({ name, address }) =>
    formatAddress({ name: name === "" ? null : name, email: address }),
  );
}
