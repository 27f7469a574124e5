import { z } from "zod";

/** From which of our addresses, and under which name, mail leaves. A bad reputation of one does not harm the others. */
export const PoolName = z.enum(["main", "new", "bulk", "reports"]);
export type PoolName = z.output<typeof PoolName>;

/** Mail of a tenant that is younger leaves from the pool for newcomers. */
const NEW_FOR_MS = 30 * 86_400_000;

export interface PoolQuestion {
  /** Since the tenant was made. */
  readonly tenantAgeMs: number;
  /** Somebody has vouched for the tenant, or it has proven who it is. */
  readonly isVerified: boolean;
  /** It goes to many, or says that it does (List-Unsubscribe, Precedence: bulk). */
  readonly isBulk: boolean;
  /** One of our own reports (DMARC, TLS). */
  readonly isReport: boolean;
}

/** Decides from which pool a message leaves: what is most likely to be complained about is kept furthest from personal mail. */
export function choosePool({ tenantAgeMs, isVerified, isBulk, isReport }: PoolQuestion): PoolName {
  if (isReport) return "reports";
  if (!isVerified || tenantAgeMs < NEW_FOR_MS) return "new";
  return isBulk ? "bulk" : "main";
}
