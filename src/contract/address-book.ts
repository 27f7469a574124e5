import { z } from "zod";
import { PageQuery, pageOf } from "./paging.ts";

/** `GET /v1/address-book?q=` (self): people, groups, shared mailboxes and resources of the agency; without those that are switched off or
 * unlisted. `q` are beginnings of words of name and address, in any letter case, with or without accents; with it the list is by the word that
 * was found, without it by address. */
export const AddressBookQuery = PageQuery.extend({ q: z.string().trim().max(100).optional() });
export type AddressBookQuery = z.output<typeof AddressBookQuery>;

export const AddressBookEntry = z.object({
  id: z.string(),
  kind: z.enum(["person", "group", "shared", "room", "equipment"]),
  address: z.string(),
  name: z.string(),
  jobTitle: z.string(),
  unit: z.string(),
  phone: z.string(),
});
export type AddressBookEntry = z.output<typeof AddressBookEntry>;
export const AddressBookPage = pageOf(AddressBookEntry);
