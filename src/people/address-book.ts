import type { Db } from "../db/index.ts";
import type { TenantId } from "../kernel/id.ts";
import { type DirectoryRow, listDirectory, searchDirectory } from "./directory.store.ts";
import { searchedWords } from "./find-people.ts";

/** A page of the agency's address book; one row more than `limit` tells that there is another. */
export function readAddressBook(
  db: Db,
  tenantId: TenantId,
  { q, limit }: { readonly q?: string | undefined; readonly limit: number },
  after: readonly [text: string, id: string] | null,
): Promise<DirectoryRow[]> {
  const words = searchedWords(q);
  const page = { after, limit: limit + 1 };
  return db.tenant(tenantId, (tx) =>
    words === null ? listDirectory(tx, page) : searchDirectory(tx, words, page),
  );
}
