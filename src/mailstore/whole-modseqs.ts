/** Cuts a list sorted by `at` so that no change counter is torn apart: what follows can then be asked for by number.
 * The page is empty when one transaction changed more than `limit` rows.
 * @param rows up to `limit + 1` of them */
export function wholeModseqs<T extends { readonly at: number }>(
  rows: readonly T[],
  limit: number,
): { readonly page: readonly T[]; readonly hasMore: boolean } {
  if (rows.length <= limit) return { page: rows, hasMore: false };
  const next = rows[limit]?.at;
  return { page: rows.slice(0, limit).filter((row) => row.at !== next), hasMore: true };
}
