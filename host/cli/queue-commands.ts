import { z } from "zod";
import {
  QUEUE_STATES,
  type QueueAction,
  type QueueChoice,
  type QueueEntrySummary,
  QueueQuery,
} from "../../src/contract/queue.ts";
import type { TenantId } from "../../src/kernel/id.ts";
import {
  changeQueue,
  listQueueingTenants,
  type Outbound,
  readQueue,
  readQueueDetail,
} from "../../src/outbound/index.ts";
import { type Tenancy, tenantsMeant } from "../../src/tenants/index.ts";
import { type Command, type Given, type Result, UsageError } from "./command.ts";

interface QueueingTenant {
  readonly id: TenantId;
  readonly slug: string;
}

/** The tenant with this short name, or all that have something in the queue. */
async function tenantsOf(tenancy: Tenancy, given: Given): Promise<readonly QueueingTenant[]> {
  const slug = given.option("tenant");
  const meant = await tenantsMeant(tenancy, { slug });
  if (slug !== undefined) return meant;
  const waiting = new Set(await tenancy.db.system("operator looks at the queue", listQueueingTenants));
  return meant.filter((one) => waiting.has(one.id));
}

const why = ({ state, dueAt, lastReply, heldBy, heldReason }: QueueEntrySummary): string => {
  if (state === "held")
    return `held by ${heldBy ?? "somebody"}${heldReason === "" || heldReason === null ? "" : `: ${heldReason}`}`;
  if (state === "sender_held") return "all outgoing mail of its sender is held";
  if (state === "sending") return "is being sent in this moment";
  if (state === "scheduled") return `its author wants it to leave at ${dueAt ?? ""}`;
  if (state === "retrying") return `next attempt at ${dueAt ?? ""}; last answer: ${lastReply ?? "none"}`;
  const turn = `its turn comes${dueAt === null ? "" : ` at ${dueAt}`}`;
  return lastReply === null ? turn : `${turn}; last answer: ${lastReply}`;
};

const inLine = (one: QueueEntrySummary): string =>
  [
    one.id,
    one.arrivedAt.slice(0, 19),
    one.state,
    `${one.sender === "" ? "<>" : one.sender} → ${one.recipient}${one.recipients > 1 ? ` (+${one.recipients - 1})` : ""}`,
    why(one),
  ].join("\t");

const LIST_MAX = 10_000;

const list: Command = {
  name: "queue list",
  usage: `[--tenant <slug>] [--domain <domain>] [--sender <address>] [--state ${QUEUE_STATES.join("|")}]`,
  about: "lists what waits to be sent, and why it waits",
  words: [],
  options: { tenant: "value", domain: "value", sender: "value", state: "value" },
  async run(tenancy, given) {
    const parsed = QueueQuery.safeParse({
      domain: given.option("domain"),
      sender: given.option("sender"),
      state: given.option("state"),
      limit: 200,
    });
    if (!parsed.success) throw new UsageError(`--state is one of ${QUEUE_STATES.join(", ")}.`);
    const entries: (QueueEntrySummary & { tenant: string })[] = [];
    for (const { id, slug } of await tenantsOf(tenancy, given)) {
      let cursor: string | null | undefined;
      do {
        const query = { ...parsed.data, ...(typeof cursor === "string" ? { cursor } : {}) };
        const page = await tenancy.db.tenant(id, (tx) => readQueue(tx, query, tenancy.clock()));
        entries.push(...page.entries.map((one) => ({ ...one, tenant: slug })));
        cursor = page.next;
      } while (cursor !== null && entries.length < LIST_MAX);
    }
    return {
      json: entries,
      text: entries.length === 0 ? "Nothing waits." : entries.map(inLine).join("\n"),
    };
  },
};

const isUuid = (text: string): boolean => z.uuid().safeParse(text).success;

/** @throws {UsageError} */
function idOf(given: Given): string {
  const id = given.word("id");
  if (!isUuid(id)) throw new UsageError(`«${id}» is not the id of an entry; «queue list» tells them.`);
  return id;
}

const show: Command = {
  name: "queue show",
  usage: "<id>",
  about: "tells all about one entry: each recipient, and what was answered last",
  words: ["id"],
  options: { tenant: "value" },
  async run(tenancy, given) {
    const id = idOf(given);
    for (const { id: tenantId, slug } of await tenantsOf(tenancy, given)) {
      const found = await tenancy.db.tenant(tenantId, (tx) => readQueueDetail(tx, id, tenancy.clock()));
      if (found === null) continue;
      const recipients = found.all.map(
        ({ address, reply, remoteMta, attemptedAt }) =>
          `  ${address}\t${attemptedAt ?? "not tried yet"}\t${remoteMta ?? ""}\t${reply ?? ""}`,
      );
      return {
        json: { ...found, tenant: slug },
        text: [
          inLine(found),
          `tenant ${slug}; ${found.size} octets; ${found.attempts} attempts; given up at ${found.giveUpAt}; trace ${found.traceId}`,
          ...recipients,
        ].join("\n"),
      };
    }
    return { json: null, text: "There is no such entry in the queue, or not any more.", failed: true };
  },
};

/** @throws {UsageError} */
function choiceOf(given: Given): QueueChoice {
  const [id, domain, sender] = [given.word("id"), given.option("domain"), given.option("sender")];
  const isAll = given.flag("all");
  if ([id !== "", domain !== undefined, sender !== undefined, isAll].filter(Boolean).length !== 1)
    throw new UsageError("Name an entry, or give one of --domain, --sender and --all.");
  if (id !== "") return { ids: [idOf(given)] };
  if (domain !== undefined) return { domain: domain.toLowerCase() };
  return sender === undefined ? { all: true } : { sender };
}

async function act(
  tenancy: Tenancy,
  given: Given,
  outbound: Outbound,
  actionOf: (choice: QueueChoice) => QueueAction,
  done: string,
): Promise<Result> {
  const choice = choiceOf(given);
  const total = { done: 0, skipped: 0 };
  for (const { id } of await tenantsOf(tenancy, given)) {
    const result = await changeQueue(outbound, id, actionOf(choice), "operator");
    total.done += result.done;
    // An id is one tenant's, and the others don't have it.
    if (!("ids" in choice)) total.skipped += result.skipped;
  }
  if ("ids" in choice) total.skipped = 1 - total.done;
  const left =
    total.skipped === 0
      ? ""
      : ` Left as they are: ${total.skipped} (being sent in this moment, gone, or not in a state to which it applies).`;
  return { json: total, text: `${done}: ${total.done}.${left}`, failed: "ids" in choice && total.done === 0 };
}

const CHOICE = { tenant: "value", domain: "value", sender: "value", all: "flag" } as const;
const CHOICE_USAGE = "<id> | --domain <domain> | --sender <address> | --all  [--tenant <slug>]";
const base = { words: [], optionalWords: ["id"] };

const retry: Command = {
  ...base,
  name: "queue retry",
  usage: CHOICE_USAGE,
  about: "tries again now what waits after a failure",
  options: CHOICE,
  run: (tenancy, given, outbound) =>
    act(tenancy, given, outbound, (choice) => ({ action: "retry", choice }), "Tried again now"),
};

const hold: Command = {
  ...base,
  name: "queue hold",
  usage: `${CHOICE_USAGE} [--reason <text>]`,
  about: "sends nothing of it until it is released",
  options: { ...CHOICE, reason: "value" },
  run: (tenancy, given, outbound) => {
    const reason = given.option("reason") ?? "";
    return act(tenancy, given, outbound, (choice) => ({ action: "hold", choice, reason }), "Held");
  },
};

const release: Command = {
  ...base,
  name: "queue release",
  usage: CHOICE_USAGE,
  about: "lets go what was held in the queue",
  options: CHOICE,
  run: (tenancy, given, outbound) =>
    act(tenancy, given, outbound, (choice) => ({ action: "release", choice }), "Released"),
};

const drop: Command = {
  ...base,
  name: "queue drop",
  usage: `${CHOICE_USAGE} [--no-bounce]`,
  about: "takes it out of the queue for good; its sender gets a notice, unless --no-bounce",
  options: { ...CHOICE, "no-bounce": "flag" },
  run: (tenancy, given, outbound) => {
    const bounce = !given.flag("no-bounce");
    return act(tenancy, given, outbound, (choice) => ({ action: "drop", choice, bounce }), "Dropped");
  },
};

export const QUEUE_COMMANDS: readonly Command[] = [list, show, retry, hold, release, drop];
