import type { Db } from "../db/index.ts";
import { MailError } from "../kernel/error.ts";
import type { TenantId } from "../kernel/id.ts";
import { commitFilings } from "./deliver.store.ts";
import type { DeliveryCommits, DeliveryOutcome, Filing } from "./delivery.ts";

/** So many statements of one tenant run at a time: what arrives meanwhile shares the next one. */
const RUNNING_MAX = 2;
/** With more, one statement would hold the rows of its accounts for too long. */
const FILINGS_MAX = 32;
const HOT_OCTETS_MAX = 512 * 1024;

interface Waiting extends PromiseWithResolvers<readonly DeliveryOutcome[]> {
  readonly filing: Filing;
}

interface Line {
  running: number;
  waiting: Waiting[];
}

/** Commits what is delivered at the same time together: under load a commit costs as much as what it stores. Nothing waits for
 * company: who comes first goes at once, and the next ones share what comes after. */
export class GroupCommit implements DeliveryCommits {
  readonly #db: Db;
  readonly #lines = new Map<TenantId, Line>();

  constructor(db: Db) {
    this.#db = db;
  }

  async commit(tenantId: TenantId, filing: Filing): Promise<readonly DeliveryOutcome[]> {
    if (filing.deliveries.length === 0) return [];
    const line = this.#lines.get(tenantId) ?? { running: 0, waiting: [] };
    this.#lines.set(tenantId, line);
    const one: Waiting = { filing, ...Promise.withResolvers<readonly DeliveryOutcome[]>() };
    line.waiting.push(one);
    if (line.running < RUNNING_MAX) void this.#run(tenantId, line);
    return one.promise;
  }

  async #run(tenantId: TenantId, line: Line): Promise<void> {
    line.running += 1;
    while (line.waiting.length > 0) await this.#commit(tenantId, takeGroup(line));
    line.running -= 1;
    if (line.running === 0) this.#lines.delete(tenantId);
  }

  async #commit(tenantId: TenantId, group: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await commitFilings(
        this.#db,
        tenantId,
        group.map((one) => one.filing),
      );
      for (const [i, one] of group.entries()) one.resolve(outcomes[i] ?? []);
    } catch (error) {
      const isAway = error instanceof MailError && error.code === "unavailable";
      if (group.length === 1 || isAway) for (const one of group) one.reject(error);
      // The statement was undone as a whole: what is wrong with one of them must not harm the others.
      else for (const one of group) await this.#commit(tenantId, [one]);
    }
  }
}

/** Takes the next ones off the line. Those with several accounts go alone: all others are put in the order of their accounts, so
 * that two groups never wait for each other. */
function takeGroup(line: Line): readonly Waiting[] {
  const group: Waiting[] = [];
  let octets = 0;
  for (const one of line.waiting) {
    const { message, deliveries } = one.filing;
    octets += message.blob.hot?.length ?? 0;
    const isAlone = deliveries.length > 1;
    if (group.length > 0 && (isAlone || octets > HOT_OCTETS_MAX)) break;
    group.push(one);
    if (isAlone || group.length === FILINGS_MAX) break;
  }
  line.waiting = line.waiting.slice(group.length);
  return group.toSorted((a, b) => (accountOf(a) < accountOf(b) ? -1 : accountOf(a) > accountOf(b) ? 1 : 0));
}

const accountOf = ({ filing }: Waiting): string => filing.deliveries[0]?.accountId ?? "";
