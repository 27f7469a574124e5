import { LimitNumbers, type LimitScope } from "../../src/contract/sending-limits.ts";
import type { AccountId, TenantId } from "../../src/kernel/id.ts";
import {
  accountNamed,
  dropHeld,
  type Hold,
  holdByAdmin,
  listHolds,
  type Outbound,
  readSendingLimits,
  releaseHold,
  setSendingCap,
} from "../../src/outbound/index.ts";
import { type Tenancy, tenantsMeant } from "../../src/tenants/index.ts";
import { type Command, type Given, UsageError } from "./command.ts";

const OPTIONS = {
  "hour-messages": "hourMessages",
  "day-messages": "dayMessages",
  "hour-recipients": "hourRecipients",
  "day-recipients": "dayRecipients",
} as const;

/** @throws {UsageError} */
function numbers(given: Given): LimitNumbers {
  const entries = Object.entries(OPTIONS).flatMap(([option, name]) => {
    const text = given.option(option);
    if (text === undefined) return [];
    const value = /^\d{1,8}$/.test(text) ? Number(text) : Number.NaN;
    if (!LimitNumbers.safeParse({ [name]: value }).success)
      throw new UsageError(`--${option} is a number up to 10000000, not «${text}».`);
    return [[name, value] as const];
  });
  return LimitNumbers.parse(Object.fromEntries(entries));
}

/** A tenant by its short name, one of its domains, or the address of somebody in it. @throws {UsageError} */
async function tenantOf(tenancy: Tenancy, name: string): Promise<TenantId> {
  const isSlug = !/[.@]/.test(name);
  const address = name.includes("@") ? name : `postmaster@${name}`;
  const [tenant] = await tenantsMeant(tenancy, isSlug ? { slug: name } : { address });
  if (tenant === undefined) throw new UsageError(`Nobody here has ${name}.`);
  return tenant.id;
}

const scopeOf = (name: string): LimitScope =>
  name.includes("@") ? "mailbox" : name.includes(".") ? "domain" : "tenant";

const inWords = (limits: LimitNumbers): string =>
  Object.entries(OPTIONS)
    .flatMap(([option, name]) => (limits[name] === null ? [] : [`${option} ${limits[name]}`]))
    .join(", ");

const set: Command = {
  name: "limit set",
  usage:
    "<slug|domain|address> [--each-mailbox] [--hour-messages n] [--day-messages n] [--hour-recipients n] [--day-recipients n]",
  about:
    "says what a tenant, a domain or a mailbox may send to others at most; --each-mailbox: every mailbox of the tenant; without numbers: the default again",
  words: ["name"],
  options: {
    "each-mailbox": "flag",
    "hour-messages": "value",
    "day-messages": "value",
    "hour-recipients": "value",
    "day-recipients": "value",
  },
  async run(tenancy, given) {
    const name = given.word("name");
    const limits = numbers(given);
    const isEach = given.flag("each-mailbox");
    if (isEach && scopeOf(name) !== "tenant")
      throw new UsageError("--each-mailbox goes with the short name of a tenant.");
    const tenantId = await tenantOf(tenancy, name);
    const scope = isEach ? "mailbox" : scopeOf(name);
    const subject = scopeOf(name) === "tenant" ? "" : name;
    await setSendingCap(tenancy.db, tenantId, { scope, subject, limits });
    const what = inWords(limits);
    return {
      json: { name, scope, limits: { ...limits } },
      text: what === "" ? `${name} has the default limits again.` : `The limits of ${name}: ${what}.`,
    };
  },
};

const show: Command = {
  name: "limit show",
  usage: "<slug>",
  about: "shows what a tenant may send to others, and what it has sent",
  words: ["slug"],
  options: {},
  async run(tenancy, given, outbound) {
    const tenantId = await tenantOf(tenancy, given.word("slug"));
    const found = await tenancy.db.tenant(tenantId, (tx) => readSendingLimits(tx, tenancy.clock(), outbound));
    const line = (kind: string, { scope, subject, limits }: (typeof found.caps)[number]): string =>
      `${kind}\t${scope}\t${subject === "" ? "*" : subject}\t${inWords(limits)}`;
    const { used } = found;
    return {
      json: {
        caps: found.caps.map((one) => ({ ...one, limits: { ...one.limits } })),
        own: found.own.map((one) => ({ ...one, limits: { ...one.limits } })),
        used: { ...used },
      },
      text: [
        ...found.caps.map((one) => line("cap", one)),
        ...found.own.map((one) => line("own", one)),
        `used\ttenant\t*\thour-messages ${used.hourMessages}, day-messages ${used.dayMessages}, hour-recipients ${used.hourRecipients}, day-recipients ${used.dayRecipients}`,
      ].join("\n"),
    };
  },
};

const holdJson = ({ accountId, address, heldAt, reason, waiting }: Hold) => ({
  accountId,
  address,
  heldAt: new Date(heldAt).toISOString(),
  reason,
  waiting,
});

const holdList: Command = {
  name: "hold list",
  usage: "[--tenant <slug>]",
  about: "lists the accounts whose mail to others is held",
  words: [],
  options: { tenant: "value" },
  async run(tenancy, given) {
    const holds: Hold[] = [];
    for (const { id } of await tenantsMeant(tenancy, { slug: given.option("tenant") }))
      holds.push(...(await tenancy.db.tenant(id, listHolds)));
    const list = holds.map(holdJson);
    return {
      json: list,
      text:
        list.length === 0
          ? "No account is held."
          : list
              .map((one) => `${one.address}\t${one.heldAt}\t${one.reason}\t${one.waiting} waiting`)
              .join("\n"),
    };
  },
};

async function accountOf(
  tenancy: Tenancy,
  address: string,
): Promise<{ readonly tenantId: TenantId; readonly accountId: AccountId }> {
  const tenantId = await tenantOf(tenancy, address);
  return { tenantId, accountId: await tenancy.db.tenant(tenantId, (tx) => accountNamed(tx, address)) };
}

const ACTOR = "operator";

/** A command about one account. */
const about = (
  verb: string,
  text: string,
  act: (outbound: Outbound, tenantId: TenantId, accountId: AccountId) => Promise<string>,
): Command => ({
  name: `hold ${verb}`,
  usage: "<address>",
  about: text,
  words: ["address"],
  options: {},
  async run(tenancy, given, outbound) {
    const address = given.word("address");
    const { tenantId, accountId } = await accountOf(tenancy, address);
    const done = await act(outbound, tenantId, accountId);
    return { json: { address, accountId, done }, text: `${address}: ${done}.` };
  },
});

export const LIMIT_COMMANDS: readonly Command[] = [
  set,
  show,
  holdList,
  about("set", "holds an account's mail to others", async (outbound, tenantId, accountId) => {
    await holdByAdmin(outbound, tenantId, accountId, ACTOR);
    return "mail to others waits from now on";
  }),
  about("release", "lets a held account's mail go", async (outbound, tenantId, accountId) => {
    await releaseHold(outbound, tenantId, accountId, ACTOR);
    return "what waited goes out now";
  }),
  about(
    "drop",
    "drops what waits of a held account, which stays held",
    async (outbound, tenantId, accountId) => {
      const count = await dropHeld(outbound, tenantId, accountId, { actor: ACTOR, release: false });
      return `${count === 1 ? "1 message is" : `${count} messages are`} dropped, and the account stays held`;
    },
  ),
];
